import { anyModelPath } from '../../files/models/model-path.ts';
import { refuseMoreThan } from '../../files/models/open-model.ts';
import { flagsToRaw, parseRaw } from '../../options/raw-options.ts';
import type { Request } from '../../options/request.ts';
import { UsageError } from '../../terminal/failure.ts';
import { type Io, printJson, printLines, widthOf } from '../../terminal/io.ts';
import { createPaint } from '../../terminal/paint.ts';
import { compare } from './compare.ts';
import { describeComparison } from './describe-comparison.ts';
import { describeInspection } from './describe-inspection.ts';
import { inspectFile, inspectionOf } from './inspection.ts';
import { inspectOptions } from './options.ts';

/** Prints the contents of a file, or its differences from another. Resolves to the exit code. */
export async function runInspect(request: Request, io: Io): Promise<number> {
  const { diff, json } = parseRaw(inspectOptions, flagsToRaw(inspectOptions, request));
  refuseMoreThan(1, request.positionals, 'one file, and another after --diff');
  const [path] = request.positionals;
  if (path === undefined || path === '') {
    throw new UsageError('the file is missing, expected a model, a checkpoint or a run such as runs/mnist-1');
  }
  const width = widthOf(io.stdout);
  const paint = createPaint(io.stdout, io.env);
  const inspected = inspectFile(anyModelPath(path));
  if (diff === undefined) {
    if (json) printJson(io.stdout, JSON.stringify({ event: 'inspection', ...inspectionOf(inspected) }));
    else printLines(io.stdout, describeInspection(inspected, width, paint));
    return 0;
  }
  const found = compare(inspected, inspectFile(anyModelPath(diff)));
  if (json) printJson(io.stdout, JSON.stringify({ event: 'comparison', ...found }));
  else printLines(io.stdout, describeComparison(found, width, paint));
  return 0;
}
