import { statSync } from 'node:fs';
import { suggestRun } from '../files/models/model-path.ts';
import { withFolder } from '../files/out-directory.ts';
import { flagsToRaw, parseRaw, type Request } from '../options/raw-options.ts';
import { UsageError } from '../terminal/failure.ts';
import { type Io, printJson, printLine } from '../terminal/io.ts';
import { reportOptions } from './options.ts';
import { pageOf } from './page-of.ts';
import { writeReport } from './write-report.ts';

/** Writes a report of one run or several. Resolves to the exit code. */
export async function runReport(request: Request, io: Io): Promise<number> {
  const { out, json } = parseRaw(reportOptions, flagsToRaw(reportOptions, request));
  const folders = request.positionals;
  const [first] = folders;
  if (first === undefined || first === '') {
    throw new UsageError('the run is missing, expected one such as runs/mnist-1, or several');
  }
  for (const folder of folders) {
    const stats = statSync(folder, { throwIfNoEntry: false });
    if (stats?.isDirectory()) continue;
    const why = stats === undefined ? 'it does not exist' : 'it is not a directory';
    throw new Error(
      `no run found in ${JSON.stringify(folder)} (${why}), expected a directory that train, search, lr-find, explain, experiment or scale wrote${suggestRun(folder)}`,
    );
  }
  if (folders.length > 1 && out === undefined) {
    throw new UsageError('--out is missing, expected a directory for the page that compares several runs');
  }
  // A page in another folder does not touch the run, so it can be written during the run.
  const pageOfOtherFolder = out === undefined ? null : pageOf(folders);
  const source = out === undefined ? `the run is ${first}` : `--out has ${out}`;
  return withFolder(source, out ?? first, 'report', async ({ path: folder }) => {
    const page = pageOfOtherFolder ?? pageOf(folders);
    const path = writeReport(folder, page);
    const pictures = page.chapters.flatMap((chapter) => (chapter.pictures ?? []).map(({ name }) => `${name}.svg`));
    if (json) printJson(io.stdout, { event: 'report', path, pictures });
    else printLine(io.stdout, path);
    return 0;
  });
}
