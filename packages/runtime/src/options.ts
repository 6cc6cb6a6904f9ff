import { availableParallelism } from 'node:os';
import {
  activations,
  blockCount,
  buildNetwork,
  createLoss,
  createOptimizer,
  createSchedule,
  defaultShards,
  type LossSpec,
  type Network,
  type NetworkSpec,
  number,
  type OptimizerSpec,
  OptionError,
  onlyKeys,
  positiveInteger,
  type ScheduleContext,
  type ScheduleSpec,
  show,
  within,
} from '@gradloom/core';
import { EVALUATION_ROWS } from './arena.ts';
import type { BackendChoice } from './backend.ts';
import type { Checkpoint } from './checkpoints/checkpoint.ts';
import {
  type CheckpointOptions,
  type CheckpointTimes,
  checkCheckpointOptions,
  checkpointTimes,
} from './checkpoints/checkpoint-options.ts';
import type { DataSplits, Dataset } from './datasets/dataset.ts';
import { checkFit } from './datasets/targets.ts';
import { isPool, type Pool } from './pool.ts';
import type { RunShape } from './prepare.ts';
import { type ProbeSteps, probeSteps } from './probe-steps.ts';
import { RETRIES } from './recovery.ts';
import type { TrainEvent } from './results.ts';

export interface TrainOptions {
  loss?: LossSpec; // default: softmax-cross-entropy for classes, mse for values
  optimizer?: OptimizerSpec; // default: adam
  schedule?: ScheduleSpec; // default: constant
  batch?: number | 'full'; // rows a step, default 32; with all rows in a batch the file's order is kept
  shards?: number; // S, default: a function of the batch alone
  epochs?: number; // default 10, unless steps are given
  steps?: number; // ends after this many steps instead
  threads?: number | 'auto'; // default 'auto': one, half or all cores, whichever is fastest; never changes the result
  backend?: BackendChoice; // default 'auto'
  blas?: string; // path of the library that the blas backend loads, default: found by name
  seed?: number; // of weights, order of rows and dropout, default 0
  parameters?: Float64Array; // starting values [P], layer by layer, W then b; default: drawn from the seed
  onNan?: OnNan; // what a loss, gradient or weight that is not finite does, default 'stop'
  retries?: number; // failures of threads in a row that the run starts again after, default 3; never changes the result
  clipNorm?: number; // most that the norm of a batch's gradient may be, default: no limit
  shuffle?: boolean; // default true; a batch of all rows is never shuffled
  evaluateEvery?: number; // epochs from one evaluation of the validation set to the next, default: 1, or a hundredth of the epochs
  probe?: number | readonly number[]; // looks into every layer: steps from one look to the next, or the steps; always the first too
  profile?: boolean; // measures where each thread spends its time, which takes some 50 ns a reading; default false
  checkpoint?: CheckpointOptions; // writes the state of the run to files, so that it can go on later
  resume?: Checkpoint; // goes on from there with the same options; threads may be others, and the length where no rate depends on it
  onEvent?: (event: TrainEvent) => void; // called with each event as it happens, before the run goes on; what it throws ends the run
  pool?: Pool; // threads to share with other runs, default: own threads for this run
  signal?: AbortSignal; // ends the run at the end of a step, with the state so far
}

/** Ends the run, or goes back to the start of the epoch with half the rate, at most MOST_ROLLBACKS times. */
export type OnNan = 'stop' | 'rollback';

const OPTION_NAMES = [
  'loss',
  'optimizer',
  'schedule',
  'batch',
  'shards',
  'epochs',
  'steps',
  'threads',
  'backend',
  'blas',
  'seed',
  'parameters',
  'clipNorm',
  'onNan',
  'retries',
  'shuffle',
  'evaluateEvery',
  'probe',
  'profile',
  'checkpoint',
  'resume',
  'onEvent',
  'pool',
  'signal',
] as const satisfies readonly (keyof TrainOptions)[];

/** A run with every default filled in and every shape checked. */
export interface RunPlan extends RunShape {
  readonly askedThreads: number; // `threads` are those of them that have something to do
  readonly tunesThreads: boolean; // the run finds out how many of `threads` are fastest
  readonly parameters: Float64Array | null; // [P] to start from; null: drawn from the seed
  readonly shuffle: boolean;
  readonly onNan: OnNan;
  readonly retries: number;
  readonly totalEpochs: number; // the last may be cut short by `steps`
  readonly evaluateEvery: number;
  readonly probe: ProbeSteps | null;
  readonly checkpoint: CheckpointOptions | null;
  readonly checkpointTimes: CheckpointTimes;
  readonly resume: Checkpoint | null;
  readonly warnings: readonly string[];
}

/** @throws OptionError for the first option or shape that does not fit, before any thread or large memory exists. */
export function planRun(spec: NetworkSpec, { train, validation, test }: DataSplits, options: TrainOptions): RunPlan {
  onlyKeys('train', options, OPTION_NAMES);
  const network = buildNetwork(spec);
  refuseUntrainable(network);
  const lossSpec = options.loss ?? (train.classes === null ? 'mse' : 'softmax-cross-entropy');
  const loss = within('loss', () => createLoss(lossSpec));
  for (const set of [train, validation, test]) if (set !== undefined) checkFit('train', network, loss, set);
  const optimizerSpec = options.optimizer ?? 'adam';
  const optimizer = within('optimizer', () => createOptimizer(optimizerSpec));
  const batch = Math.min(train.rows, batchOf(options.batch, train));
  const shards = positiveInteger('train', 'shards', options.shards ?? defaultShards(batch));
  if (shards > batch) {
    throw new OptionError('train', 'shards', `has ${shards}, expected at most ${batch} (rows of a batch)`);
  }
  const { context, totalEpochs } = lengthOf(options, Math.ceil(train.rows / batch));
  const scheduleSpec = options.schedule ?? 'constant';
  const { threads: asked = 'auto', pool } = options;
  const tunesThreads = asked === 'auto';
  const threads = tunesThreads ? (pool?.threads ?? availableParallelism()) : threadsOf(asked);
  checkPool(options.pool, threads);
  checkSignal(options.signal);
  checkResumeOption(options.resume);
  checkListener(options.onEvent);
  return {
    network,
    loss,
    optimizer,
    schedule: within('schedule', () => createSchedule(scheduleSpec, context)),
    lossSpec,
    optimizerSpec,
    scheduleSpec,
    context,
    batch,
    shards,
    threads: Math.min(threads, mostUseful(shards, network, [validation, test])),
    askedThreads: threads,
    tunesThreads,
    backend: options.backend ?? options.resume?.record.backend.name ?? 'auto',
    blas: options.blas,
    seed: seedOf(options.seed ?? 0),
    parameters: options.parameters === undefined ? null : checkParameters(options.parameters, network),
    clipNorm:
      options.clipNorm === undefined ? null : number('train', 'clipNorm', options.clipNorm, 'above 0', (c) => c > 0),
    shuffle: (options.shuffle ?? true) && batch < train.rows,
    onNan: onNanOf(options.onNan ?? 'stop'),
    retries: number('train', 'retries', options.retries ?? RETRIES, 'that is whole and >= 0', isCount),
    totalEpochs,
    probes: options.probe !== undefined,
    profile: profileOf(options),
    probe: options.probe === undefined ? null : probeSteps(options.probe),
    evaluateEvery: positiveInteger(
      'train',
      'evaluateEvery',
      // A longer run would evaluate less often, and a schedule that watches would see other values.
      options.evaluateEvery ?? options.resume?.record.evaluateEvery ?? Math.ceil(totalEpochs / 100),
    ),
    checkpoint: options.checkpoint === undefined ? null : checkCheckpointOptions(options.checkpoint),
    checkpointTimes: checkpointTimes(options.checkpoint?.every, context.stepsPerEpoch),
    resume: options.resume ?? null,
    warnings: [...warningsOf(threads, shards, train, options), ...missingClasses(train)],
  };
}

/** A thread without a shard, a block or a chunk of an evaluation would only have to be started and waited for. */
function mostUseful(shards: number, { parameterCount }: Network, evaluated: readonly (Dataset | undefined)[]): number {
  const chunks = evaluated.map((set) => Math.ceil((set?.rows ?? 0) / EVALUATION_ROWS));
  return Math.max(shards, blockCount(parameterCount), ...chunks);
}

function batchOf(batch: number | 'full' | undefined, { rows }: Dataset): number {
  if (batch === 'full') return rows;
  return positiveInteger('train', 'batch', batch ?? 32);
}

function threadsOf(threads: unknown): number {
  if (Number.isSafeInteger(threads) && (threads as number) >= 1) return threads as number;
  throw new OptionError('train', 'threads', `has ${show(threads)}, expected a whole number of at least 1, or auto`);
}

function lengthOf(
  { epochs, steps }: TrainOptions,
  stepsPerEpoch: number,
): { context: ScheduleContext; totalEpochs: number } {
  if (epochs !== undefined && steps !== undefined) {
    const problem = `has ${show(epochs)} and steps has ${show(steps)}, expected one of the two`;
    throw new OptionError('train', ['epochs', 'steps'], problem);
  }
  const totalSteps =
    steps === undefined
      ? positiveInteger('train', 'epochs', epochs ?? 10) * stepsPerEpoch
      : positiveInteger('train', 'steps', steps);
  return { context: { totalSteps, stepsPerEpoch }, totalEpochs: Math.ceil(totalSteps / stepsPerEpoch) };
}

function seedOf(seed: unknown): number {
  if (Number.isSafeInteger(seed) && (seed as number) >= 0) return seed as number;
  throw new OptionError('train', 'seed', `has ${show(seed)}, expected a whole number from 0 to 2^53 - 1`);
}

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;

function onNanOf(onNan: unknown): OnNan {
  if (onNan === 'stop' || onNan === 'rollback') return onNan;
  throw new OptionError('train', 'onNan', `has ${show(onNan)}, expected stop or rollback`);
}

function checkParameters(parameters: unknown, { parameterCount: P }: Network): Float64Array {
  if (!(parameters instanceof Float64Array)) {
    throw new OptionError('train', 'parameters', `has ${show(parameters)}, expected a Float64Array`);
  }
  if (parameters.length !== P) {
    const problem = `has length ${parameters.length}, expected ${P} (parameters of the network)`;
    throw new OptionError('train', 'parameters', problem);
  }
  const bad = parameters.findIndex((value) => !Number.isFinite(value));
  if (bad === -1) return parameters;
  throw new OptionError('train', 'parameters', `has ${parameters[bad]} at ${bad}, expected finite numbers`);
}

function checkPool(pool: Pool | undefined, threads: number): void {
  if (pool === undefined) return;
  if (!isPool(pool)) {
    throw new OptionError('train', 'pool', 'has an object of another kind, expected one that createPool made');
  }
  if (threads > pool.threads) {
    const problem = `has ${threads}, expected at most ${pool.threads} (threads of the pool)`;
    throw new OptionError('train', 'threads', problem);
  }
}

/** A look into the layers takes the place of the clock's own between forward and backward. */
function profileOf({ profile = false, probe }: TrainOptions): boolean {
  if (typeof profile !== 'boolean') {
    throw new OptionError('train', 'profile', `has ${show(profile)}, expected true or false`);
  }
  if (profile && probe !== undefined) {
    const about = 'probe and profile';
    throw new OptionError('train', ['probe', 'profile'], 'are both set, expected one of the two', { about });
  }
  return profile;
}

function checkSignal(signal: unknown): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw new OptionError('train', 'signal', `has ${show(signal)}, expected an AbortSignal`);
}

function checkResumeOption(resume: unknown): void {
  if (resume === undefined || (typeof resume === 'object' && resume !== null && 'arrays' in resume)) return;
  throw new Error(`train: resume has ${show(resume)}, expected a checkpoint that loadCheckpoint read`);
}

function checkListener(listener: unknown): void {
  if (listener === undefined || typeof listener === 'function') return;
  throw new Error(`train: onEvent has ${show(listener)}, expected a function`);
}

/** An activation whose derivative is 0 everywhere would leave every weight below it where it is. */
function refuseUntrainable({ places }: Network): void {
  for (const { path, spec } of places) {
    if (spec.kind !== 'activation' || activations[spec.fn].maxSlope > 0) continue;
    const problem = 'has derivative 0 everywhere, expected an activation with a gradient';
    throw new OptionError('train', `layers.${path}.fn`, problem, { about: `${spec.fn} at layer ${path}` });
  }
}

function warningsOf(
  threads: number,
  shards: number,
  { name, rows }: Dataset,
  { threads: asked = 'auto', batch }: TrainOptions,
): string[] {
  const warnings: string[] = [];
  if (typeof batch === 'number' && batch > rows) {
    warnings.push(`batch has ${batch}, but ${name} has ${rows} training rows: every batch is all of them`);
  }
  if (asked === 'auto') return warnings;
  const cores = availableParallelism();
  if (threads > shards) {
    warnings.push(
      `threads has ${threads}, but a batch has ${shards} ${shards === 1 ? 'shard' : 'shards'}: more shards would use more threads, and give another result`,
    );
  }
  if (threads > cores) warnings.push(`threads has ${threads}, but this machine has ${cores} cores: they take turns`);
  return warnings;
}

/** Classes of which a network cannot learn anything. */
function missingClasses({ name, classes, targets }: Dataset): string[] {
  if (classes === null) return [];
  const seen = new Set<number>(targets.array);
  if (seen.size === 1) return [`${name} has training rows of one class alone: there is nothing to tell apart`];
  if (seen.size === classes) return [];
  const missing: number[] = [];
  for (let label = 0; label < classes && missing.length < 5; label++) if (!seen.has(label)) missing.push(label);
  const more = classes - seen.size - missing.length;
  const which = `${missing.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  const noun = classes - seen.size === 1 ? 'class' : 'classes';
  return [`${name} has no training row of ${noun} ${which}, out of ${classes} classes: they cannot be learned`];
}
