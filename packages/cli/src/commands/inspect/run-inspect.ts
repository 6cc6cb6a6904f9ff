import { existsSync } from 'node:fs';
import { buildNetwork, type NetworkSpec, OptionError } from '@gradloom/core';
import { findNetwork, within } from '@gradloom/core/internal';
import { anyModelPath } from '../../files/models/model-path.ts';
import { refuseMoreThan, requireWord } from '../../files/models/open-model.ts';
import { customParts } from '../../options/custom-parts.ts';
import { flagsToRaw, parseRaw, type Request } from '../../options/raw-options.ts';
import { readNetworkFile } from '../../options/read-network-file.ts';
import { UsageError } from '../../terminal/failure.ts';
import { type Io, printJson, printLines, widthOf } from '../../terminal/io.ts';
import { createPaint } from '../../terminal/paint.ts';
import { compare } from './compare.ts';
import { describeComparison } from './describe-comparison.ts';
import { describeInspection, describeKnown } from './describe-inspection.ts';
import { inspectFile, inspectionOf, networkFacts } from './inspection.ts';
import { type InspectValues, inspectOptions } from './options.ts';

/** Prints the contents of a file, or its differences from another. Resolves to the exit code. */
export async function runInspect(request: Request, io: Io): Promise<number> {
  const values = parseRaw(inspectOptions, flagsToRaw(inspectOptions, request));
  const { diff, json } = values;
  refuseMoreThan(1, request.positionals, 'one file, and another after --diff');
  const [word] = request.positionals;
  if (values.network !== undefined) return inspectNetwork({ ...values, network: values.network }, word, io);
  if (values.spec !== undefined || isSpecFile(word)) return inspectSpec(values, word, io);
  const stray = (['input', 'outputs'] as const).find((name) => values[name] !== undefined);
  if (stray !== undefined) throw new UsageError(`--${stray} is given without --network, expected both`);
  const path = requireWord(word, 'the file is missing, expected a model, a checkpoint or a run such as runs/mnist-1');
  const width = widthOf(io.stdout);
  const paint = createPaint(io.stdout, io.env);
  const inspection = inspectFile(anyModelPath(path));
  if (diff === undefined) {
    if (json) printJson(io.stdout, { event: 'inspection', ...inspectionOf(inspection) });
    else printLines(io.stdout, describeInspection(inspection, width, paint));
    return 0;
  }
  const comparison = compare(inspection, inspectFile(anyModelPath(diff)));
  if (json) printJson(io.stdout, { event: 'comparison', ...comparison });
  else printLines(io.stdout, describeComparison(comparison, width, paint));
  return 0;
}

/** Prints a known network, which no file has to hold. */
function inspectNetwork(values: InspectValues & { network: string }, path: string | undefined, io: Io): number {
  const { network, diff, json } = values;
  if (path !== undefined || diff !== undefined) {
    throw new UsageError(`--network is given with ${path ?? '--diff'}, expected it alone`);
  }
  try {
    const match = findNetwork(network);
    if (match === undefined) throw new UsageError(`--network has ${network}, expected a known network`);
    const { input = match.row.input, outputs = match.row.outputs } = values;
    const spec = match.builder({})(input, outputs);
    if (json) printJson(io.stdout, { event: 'network', ...networkFacts(spec), spec });
    else printLines(io.stdout, describeKnown(spec, widthOf(io.stdout)));
    return 0;
  } catch (error) {
    throw error instanceof OptionError ? new UsageError(`--input ${error.problem}`, { cause: error }) : error;
  }
}

/** Whether a path is that of a network in a file, by its ending. */
const isSpecFile = (path = ''): boolean => /\.(json|ya?ml|[cm]?[jt]s)$/.test(path) && existsSync(path);

/** Prints a network of a file. */
async function inspectSpec(values: InspectValues, path: string | undefined, io: Io): Promise<number> {
  const { spec: flag, input, outputs, diff, json } = values;
  const stray = outputs !== undefined ? '--outputs' : diff !== undefined ? '--diff' : flag && path;
  if (stray) throw new UsageError(`--spec is given with ${stray}, expected it alone, or with --input`);
  const description = typeof flag === 'object' ? flag : await readNetworkFile(flag ?? path ?? '');
  if (description.layers === undefined) {
    const expected = 'expected a network, { "input": 4, "layers": [...] }';
    throw new Error(`${typeof flag === 'string' ? flag : (path ?? 'the network')} has no layers, ${expected}`);
  }
  if (description.input === undefined && input === undefined) {
    throw new UsageError('--input is missing, expected the shape of a row, since the network does not say it');
  }
  const { spec } = within('spec', () => buildNetwork({ input, ...description } as NetworkSpec, customParts()));
  if (json) printJson(io.stdout, { event: 'network', ...networkFacts(spec), spec });
  else printLines(io.stdout, describeKnown(spec, widthOf(io.stdout)));
  return 0;
}
