import { statSync } from 'node:fs';
import { refuseMoreThan, requireWord } from '../../files/models/open-model.ts';
import { flagsToRaw, parseRaw, type Request } from '../../options/raw-options.ts';
import { type Io, printJson, printLines } from '../../terminal/io.ts';
import { createPaint, type Paint } from '../../terminal/paint.ts';
import { printable } from '../../terminal/printable.ts';
import { plural } from '../../terminal/text/format.ts';
import type { FileCheck } from './file-check.ts';
import { verifyOptions } from './options.ts';
import { EXPECTED_FOLDER, isWhole, type Verification, verifyFolder } from './verify-folder.ts';

/** Checks the files of a run. Resolves to the exit code: 1 if one of them has a fault. */
export async function runVerify(request: Request, io: Io): Promise<number> {
  const { json } = parseRaw(verifyOptions, flagsToRaw(verifyOptions, request));
  refuseMoreThan(1, request.positionals, 'one run');
  const path = requireWord(request.positionals[0], 'the run is missing, expected one such as runs/mnist-1');
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isDirectory()) {
    const has = stats === undefined ? 'does not exist' : 'is a file';
    throw new Error(`${path} ${has}, ${EXPECTED_FOLDER}`);
  }
  const verification = await verifyFolder(path);
  const ok = isWhole(verification);
  if (json) printJson(io.stdout, { event: 'verification', ok, ...verification });
  else printLines(io.stdout, describeVerification(verification, createPaint(io.stdout, io.env)));
  return ok ? 0 : 1;
}

/** One line per file, or per fault and note, and a summary. */
function describeVerification({ path, files, notes }: Verification, paint: Paint): string[] {
  const width = Math.max(...files.map(({ name }) => printable(name).length));
  const lines = files.flatMap((file) => {
    const name = printable(file.name).padEnd(width);
    return statesOf(file).map(([state, text], index) => {
      const mark = paint(stateStyles[state], state.padEnd(5));
      return `${index === 0 ? name : ' '.repeat(width)}  ${mark}  ${text}`.trimEnd();
    });
  });
  const faulty = files.filter(({ faults }) => faults.length > 0).length;
  const wholeText =
    files.length === 1 ? 'its only file is undamaged' : `all ${files.length} files are undamaged and belong together`;
  const faultText = `${faulty} of ${plural(files.length, 'file')} ${faulty === 1 ? 'is' : 'are'} at fault`;
  return [...lines, '', ...notes, `${path}: ${faulty === 0 ? wholeText : faultText}`];
}

const stateStyles = { ok: 'green', note: 'dim', fault: 'red' } as const;

function statesOf({ about, faults, notes }: FileCheck): [state: keyof typeof stateStyles, text: string][] {
  const noteStates = notes.map((text) => ['note', text] as ['note', string]);
  if (faults.length === 0) return [['ok', about], ...noteStates];
  return [...faults.map((text) => ['fault', text] as ['fault', string]), ...noteStates];
}
