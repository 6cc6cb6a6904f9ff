import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createPool, type FolderLock } from '@gradloom/runtime';
import { openDataset } from '../../files/datasets/open-dataset.ts';
import { refuseMoreThan } from '../../files/models/open-model.ts';
import { withOut, writeOut } from '../../files/out-directory.ts';
import { SCALE_FILE } from '../../files/run-files/names.ts';
import { describeScale } from '../../lab/scale/describe-scale.ts';
import { measureScaling, NothingMeasured, type Scaling } from '../../lab/scale/measure-scaling.ts';
import type { RankPoint } from '../../lab/scale/ranks/measure-ranks.ts';
import { reportOf, type ScaleReport } from '../../lab/scale/scale-report.ts';
import { boundMemory } from '../../options/bound-memory.ts';
import { nameFlag } from '../../options/name-flag.ts';
import { without } from '../../options/option.ts';
import { flagsToRaw, parseRaw, type RawOptions, type Request } from '../../options/raw-options.ts';
import { refuseIdleLibrary } from '../../options/run-options.ts';
import { refuseOtherRun } from '../../report/run-files.ts';
import { tryReport } from '../../report/try-report.ts';
import { UsageError } from '../../terminal/failure.ts';
import { announceInterrupt, interruptExitCode, listenForInterrupt } from '../../terminal/interrupt.ts';
import { describeMachine } from '../../terminal/invocation.ts';
import { type Io, printJson, printLine, printLines } from '../../terminal/io.ts';
import { createPaint } from '../../terminal/paint.ts';
import { createProgressLine, type ProgressLine } from '../../terminal/progress-line.ts';
import { commandOf } from '../../terminal/text/quote.ts';
import { onAllRanks } from '../cluster/on-all-ranks.ts';
import { onEachRank, refuseOtherFlags } from '../cluster/on-each-rank.ts';
import { describeNetwork } from '../train/describe-network.ts';
import { createRecipe, type Recipe } from '../train/recipe.ts';
import { type ScaleValues, scaleAlternatives, scaleOptions } from './options.ts';
import { measureEach, scaleRanks } from './scale-ranks.ts';

/** Measures how training scales with threads. Resolves to the exit code: 1 if the number of threads changed a bit. */
export async function runScale(request: Request, io: Io): Promise<number> {
  const raw = flagsToRaw(scaleOptions, request);
  const values = parseRaw(scaleOptions, raw, scaleAlternatives);
  refuseIdleLibrary(raw, values);
  refuseMoreThan(0, request.positionals, 'only flags');
  const { out } = values;
  if (values.cluster !== undefined) {
    if (out !== undefined) throw new UsageError('--out is given with --cluster, expected --json, which prints it all');
    const timeLimit = undefined; // the default
    return onAllRanks(timeLimit, request, io, async (cluster, rankIo) => {
      await refuseOtherFlags(cluster, raw);
      const recipe = await onEachRank(cluster, () => {
        boundMemory(values);
        return withFlagNames(() => recipeOf(values), raw);
      });
      const progress = createProgressLine('scale', rankIo, values.json);
      return await withFlagNames(() => scaleRanks(cluster, recipe, values, progress, rankIo), raw);
    });
  }
  return withOut(out, 'scale', (lock) => measureScale(raw, values, request, io, lock));
}

/** Awaits `work`; option names in its errors become flags. */
async function withFlagNames<T>(work: () => Promise<T>, raw: RawOptions): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw nameFlag(error, scaleOptions, raw);
  }
}

async function measureScale(
  raw: RawOptions,
  values: ScaleValues,
  request: Request,
  io: Io,
  lock: FolderLock | undefined,
): Promise<number> {
  const { out, json } = values;
  boundMemory(values);
  if (out !== undefined) refuseOtherRun(out);
  const interrupt = listenForInterrupt(io);
  const { signal } = interrupt;
  const progress = createProgressLine('scale', io, json);
  announceInterrupt(signal, 'scale', 'ending with the results of the finished rounds', (line) => {
    progress.clear();
    printLine(io.stderr, line);
  });
  const exitCode = (code: number) => (signal.aborted ? interruptExitCode(signal) : code);
  try {
    const recipe = await recipeOf(values);
    const report = await measure(recipe, values, progress, signal, () =>
      measureEach(values.ranks ?? [], request, progress, io, signal),
    );
    const document = { ...documentOf(report), command: commandOf(request.args) };
    if (lock !== undefined) writeOut(lock, SCALE_FILE, `${JSON.stringify(document, null, 2)}\n`);
    const page = out === undefined ? null : await tryReport(out, 'scale', io);
    if (json) printJson(io.stdout, document);
    else {
      const title = `${recipe.sets.train.name}, ${describeNetwork(recipe.spec)}`;
      printLines(io.stdout, describeScale(report, title, createPaint(io.stdout, io.env)));
      if (out !== undefined) printLines(io.stdout, ['', `Full numbers: ${join(out, SCALE_FILE)}`]);
      if (page !== null) printLine(io.stdout, `Pictures: ${page}`);
    }
    return exitCode(report.sameBits ? 0 : 1);
  } catch (error) {
    if (!(error instanceof NothingMeasured)) throw nameFlag(error, scaleOptions, raw);
    printLine(io.stderr, 'gradloom scale: stopped before the first round was finished: there is nothing to report');
    return exitCode(1);
  } finally {
    interrupt.release();
  }
}

/** The workload as `train` would run it, without the options that only a whole run needs. */
async function recipeOf(values: ScaleValues): Promise<Recipe> {
  const { dataset = { name: 'mnist', options: { kind: 'mnist' } }, ...flags } = values;
  const measurement = ['steps', 'max-threads', 'model-cores', 'rounds', 'ranks', 'cluster'] as const;
  const workload = without(flags, ...measurement, 'out', 'json', 'verbose');
  const openedDataset = await openDataset(dataset, { validation: 0 });
  return createRecipe({ ...workload, dataset, schedule: { kind: 'constant' } }, openedDataset);
}

async function measure(
  { spec, sets, options }: Recipe,
  values: ScaleValues,
  progress: ProgressLine,
  signal: AbortSignal,
  measureOnRanks: () => Promise<RankPoint[]>,
): Promise<ScaleReport> {
  const cores = availableParallelism();
  const {
    rounds = scaleOptions.rounds.standard,
    'max-threads': maxThreads = 2 * cores,
    'model-cores': modelCores = [],
  } = values;
  const threadNumbers = threadCounts(cores, maxThreads);
  if (modelCores.length > 0 && cores === 1) {
    const why = 'barriers between them are measured';
    throw new UsageError(`--model-cores has ${modelCores}, expected it on a machine of at least 2 cores (${why})`);
  }
  // A barrier needs two threads, even if the steps have one.
  const pool = await createPool({ threads: Math.max(...threadNumbers, modelCores.length > 0 ? 2 : 1) });
  let scaling: Scaling;
  try {
    const workload = { spec, sets, options: without(options, 'epochs', 'minutes'), steps: values.steps };
    const { show: showProgress } = progress;
    scaling = await measureScaling(pool, workload, {
      counts: threadNumbers,
      cores,
      rounds,
      modelCores,
      showProgress,
      signal,
    });
  } finally {
    progress.clear();
    await pool.destroy();
  }
  // Measured now that the threads no longer use the cores.
  return reportOf(scaling, cores, await measureOnRanks());
}

function documentOf({ first, ...report }: ScaleReport): Record<string, unknown> {
  const { backend, precision, spec } = first;
  return { event: 'scale', backend, precision, network: spec, ...report, ...describeMachine() };
}

/** Maximum number of thread counts that are tried up to the number of cores. */
const MAX_COUNTS = 12;

/** Counts from 1 to the number of cores. Above it, where threads share cores, `maxThreads` and at most one between. */
export function threadCounts(cores: number, maxThreads: number): number[] {
  const maxUnshared = Math.min(cores, maxThreads); // threads that have a core each
  const counts = new Set<number>([maxUnshared]);
  // Every small count, then counts in even ratios: scaling laws show in ratios.
  for (let k = 0; k < MAX_COUNTS; k++)
    counts.add(
      maxUnshared <= MAX_COUNTS ? Math.min(maxUnshared, k + 1) : Math.round(maxUnshared ** (k / (MAX_COUNTS - 1))),
    );
  if (maxThreads > cores) for (const count of [cores + 1, maxThreads]) counts.add(count);
  return [...counts].sort((a, b) => a - b);
}
