import type { Request } from '../commands/command.ts';
import { type Io, printLine } from '../io.ts';
import { anyModelPath } from '../models/model-path.ts';
import { refuseMoreThan } from '../models/open-model.ts';
import { flagsToRaw, parseRaw } from '../options/raw-options.ts';
import { createPaint } from '../terminal/paint.ts';
import { UsageError } from '../usage-error.ts';
import { compare } from './compare.ts';
import { describeComparison } from './describe-comparison.ts';
import { describeInspection } from './describe-inspection.ts';
import { inspectFile, inspectionOf } from './inspection.ts';
import { inspectOptions } from './options.ts';

/** Prints what a file holds, or how it differs from another. Resolves to the exit code. */
export async function runInspect(request: Request, io: Io): Promise<number> {
  const { diff, json } = parseRaw(inspectOptions, flagsToRaw(inspectOptions, request));
  refuseMoreThan(1, request.positionals, 'one file, and another behind --diff');
  const [path] = request.positionals;
  if (path === undefined || path === '') {
    throw new UsageError('the file is missing, expected a model, a checkpoint or a run such as runs/mnist-1');
  }
  const width = io.stdout.columns ?? 80;
  const paint = createPaint(io.stdout, io.env);
  const inspected = inspectFile(anyModelPath(path));
  if (diff === undefined) {
    if (json) printLine(io.stdout, JSON.stringify({ event: 'inspection', ...inspectionOf(inspected) }));
    else for (const line of describeInspection(inspected, width, paint)) printLine(io.stdout, line);
    return 0;
  }
  const found = compare(inspected, inspectFile(anyModelPath(diff)));
  if (json) printLine(io.stdout, JSON.stringify({ event: 'comparison', ...found }));
  else for (const line of describeComparison(found, width, paint)) printLine(io.stdout, line);
  return 0;
}
