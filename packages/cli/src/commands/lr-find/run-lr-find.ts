import { join } from 'node:path';
import type { FolderLock } from '@gradloom/runtime';
import { openDataset } from '../../files/datasets/open-dataset.ts';
import { withTableFlags } from '../../files/datasets/table-options.ts';
import { refuseMoreThan } from '../../files/models/open-model.ts';
import { withOut, writeOut } from '../../files/out-directory.ts';
import { LR_FIND_FILE } from '../../files/run-files/names.ts';
import { boundMemory } from '../../options/bound-memory.ts';
import { nameFlag } from '../../options/name-flag.ts';
import { withDefaults, without } from '../../options/option.ts';
import { flagsToRaw, parseRaw, type RawOptions, type Request } from '../../options/raw-options.ts';
import { refuseIdleLibrary } from '../../options/run-options.ts';
import { suggestionLines, sweepText } from '../../report/lr-find/lr-find-page.ts';
import { refuseOtherRun } from '../../report/run-files.ts';
import { tryReport } from '../../report/try-report.ts';
import { UsageError } from '../../terminal/failure.ts';
import { interruptExitCode, listenForInterrupt } from '../../terminal/interrupt.ts';
import { asTyped, describeMachine } from '../../terminal/invocation.ts';
import { type Io, printJson, printLine, printLines } from '../../terminal/io.ts';
import { createProgressLine } from '../../terminal/progress-line.ts';
import { lineChart } from '../../terminal/text/line-chart.ts';
import { commandOf } from '../../terminal/text/quote.ts';
import { describeNetwork } from '../train/describe-network.ts';
import { expectedDataset } from '../train/options.ts';
import { createRecipe } from '../train/recipe.ts';
import { commandOf as trainCommandOf } from '../train/run-record.ts';
import { type LrFindValues, lrFindAlternatives, lrFindOptions } from './options.ts';
import { type RateSweep, roundRate, type Suggestion, suggest, sweepRates } from './suggest.ts';

/** Sweeps the learning rate and suggests one. Resolves to the exit code: 1 if no rate lowers the loss. */
export async function runLrFind(request: Request, io: Io): Promise<number> {
  const raw = flagsToRaw(lrFindOptions, request);
  const values = parseRaw(lrFindOptions, raw, lrFindAlternatives);
  refuseIdleLibrary(raw, values);
  refuseMoreThan(0, request.positionals, 'only flags');
  return withOut(values.out, 'lr-find', (lock) => lrFind(raw, values, request, io, lock));
}

async function lrFind(
  raw: RawOptions,
  values: LrFindValues,
  request: Request,
  io: Io,
  lock: FolderLock | undefined,
): Promise<number> {
  const { dataset, out, json, from, to, steps, validation, test } = withDefaults(lrFindOptions, values);
  if (dataset === undefined) throw new UsageError(`--dataset is missing, expected ${expectedDataset}`);
  if (from >= to) throw new UsageError(`--from has ${from}, expected a rate below that of --to, ${to}`);
  if (from / to === 0) {
    throw new UsageError(`--from has ${from}, expected a rate nearer to that of --to, ${to} (their ratio is 0)`);
  }
  boundMemory(values);
  if (out !== undefined) refuseOtherRun(out);
  const interrupt = listenForInterrupt(io);
  const progress = createProgressLine('lr-find', io);
  try {
    const openedDataset = await openDataset(withTableFlags(dataset, values), { validation, test });
    const recipe = await createRecipe({ ...trainFlags(values), schedule: { kind: 'constant' } }, openedDataset);
    const sweep = await sweepRates(recipe, { from, to, steps }, progress.show, interrupt.signal);
    progress.clear();
    const suggestion = suggest(sweep.points);
    const rate = suggestion === null ? null : roundRate(suggestion.steepest);
    const document: LrFindDocument = {
      event: 'lr-find',
      dataset: recipe.sets.train.name,
      network: describeNetwork(recipe.spec),
      ...sweep,
      suggestion: suggestion === null || rate === null ? null : { rate, ...suggestion },
      train: rate === null ? null : trainCommandOf({ ...trainFlags(values), lr: rate }),
      command: commandOf(request.args),
      ...describeMachine(),
    };
    if (lock !== undefined) writeOut(lock, LR_FIND_FILE, `${JSON.stringify(document, null, 2)}\n`);
    const page = out === undefined ? null : await tryReport(out, 'lr-find', io);
    if (json) printJson(io.stdout, document);
    else {
      printLines(io.stdout, describeSweep(document, io.env));
      if (out !== undefined) printLines(io.stdout, ['', `Full numbers: ${join(out, LR_FIND_FILE)}`]);
      if (page !== null) printLine(io.stdout, `Pictures: ${page}`);
    }
    if (interrupt.signal.aborted) return interruptExitCode(interrupt.signal);
    return suggestion === null ? 1 : 0;
  } catch (error) {
    throw nameFlag(error, lrFindOptions, raw);
  } finally {
    progress.clear();
    interrupt.release();
  }
}

/** The given flags that train has too. */
const trainFlags = (values: LrFindValues) => without(values, 'from', 'to', 'steps', 'out', 'json', 'verbose');

/** The JSON that `lr-find` writes to a file, and prints with --json. */
interface LrFindDocument extends RateSweep {
  readonly event: 'lr-find';
  readonly dataset: string;
  readonly network: string;
  readonly suggestion: (Suggestion & { readonly rate: number }) | null;
  readonly train: string | null; // a train command with the suggested rate
  readonly command: string;
}

/** Text output, at most 80 columns wide. */
function describeSweep(document: LrFindDocument, env: Io['env']): string[] {
  const { dataset, network, points, train } = document;
  const pointsOf = (loss: 'loss' | 'smoothed') => points.map((point) => [Math.log10(point.rate), point[loss]] as const);
  const lines = [
    { name: 'smoothed', points: pointsOf('smoothed') },
    { name: 'of each batch', points: pointsOf('loss') },
  ];
  return [
    `${dataset}, ${network}`,
    sweepText(document),
    '',
    ...lineChart(lines, { x: 'log10 of the learning rate', y: 'loss' }),
    '',
    ...suggestionLines(document),
    ...(train === null ? [] : ['', asTyped(train, env)]),
  ];
}
