import { availableParallelism } from 'node:os';
import {
  createLoss,
  createOptimizer,
  createSchedule,
  type Network,
  type NetworkSpec,
  type Pausable,
} from '@gradloom/core';
import {
  blockCount,
  buildNetworkInTurns,
  complete,
  leafCount,
  leafRows,
  number,
  onlyKeys,
  positiveInteger,
  within,
} from '@gradloom/core/internal';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import {
  type CheckpointSettings,
  type CheckpointTimes,
  checkpointSettings,
  checkpointTimes,
} from '../checkpoints/checkpoint-options.ts';
import type { DataSplits, Dataset } from '../datasets/dataset.ts';
import { checkFitInTurns } from '../datasets/targets.ts';
import { RETRIES } from '../faults/recovery.ts';
import { fingerprintInTurns } from '../files/fingerprint.ts';
import { EVALUATION_ROWS } from '../thread-scratch.ts';
import type { Pool } from '../threads/pool.ts';
import {
  batchOf,
  checkListener,
  checkParameters,
  checkPool,
  checkResumeOption,
  checkSignal,
  checkSplits,
  evaluateTestOf,
  lengthOf,
  onNanOf,
  profileOf,
  refuseUntrainable,
  seedOf,
  threadsOf,
} from './check-options.ts';
import { copyJson } from './copy-json.ts';
import { type OnNan, OPTION_NAMES, type TrainOptions } from './options.ts';
import type { RunShape } from './prepare.ts';
import { type ProbeSteps, probeSteps } from './probe-steps.ts';
import { missingClasses, warningsOf } from './warnings.ts';

/** A run with every default filled in and every shape checked. */
export interface RunPlan extends RunShape {
  readonly tunesThreads: boolean; // the run measures how many of `threads` are fastest
  readonly data: DataSplits; // the caller's rows, under names of the run's own
  readonly pool: Pool | undefined; // undefined: threads of its own
  readonly signal: AbortSignal | undefined;
  readonly parameters: Float64Array | null; // [P] to start from; null: drawn from the seed
  readonly parametersHash: string | null; // of these, as they were at the start
  readonly shuffle: boolean;
  readonly onNan: OnNan;
  readonly retries: number;
  readonly totalEpochs: number; // the last may be cut short by `steps`
  readonly lengthIn: 'epochs' | 'steps'; // which of the two was asked for
  readonly evaluateEvery: number;
  readonly evaluateTest: boolean; // at each of these evaluations
  readonly probe: ProbeSteps | null;
  readonly checkpoint: CheckpointSettings | null;
  readonly checkpointTimes: CheckpointTimes;
  readonly resume: Checkpoint | null;
  readonly warnings: readonly string[];
}

/** @throws OptionError for the first option or shape that does not fit, before any thread or large memory. */
export const planRun = (spec: NetworkSpec, data: DataSplits, options: TrainOptions): RunPlan =>
  complete(planRunInTurns(spec, data, options));

/** Likewise, with pauses. */
export function* planRunInTurns(spec: NetworkSpec, data: DataSplits, given: TrainOptions): Pausable<RunPlan> {
  onlyKeys('train', given, OPTION_NAMES);
  // Before the first pause, after which the caller may change its objects or the current directory.
  const splits = checkSplits(data);
  const { train, validation, test } = splits;
  const options = copyOptions(given);
  const checkpoint = options.checkpoint === undefined ? null : checkpointSettings(options.checkpoint);
  const network = yield* buildNetworkInTurns(copyJson(spec));
  yield* refuseUntrainable(network);
  const lossSpec = options.loss ?? (train.classes === null ? 'mse' : 'softmax-cross-entropy');
  const loss = within('loss', () => createLoss(lossSpec));
  for (const set of [train, validation, test])
    if (set !== undefined) yield* checkFitInTurns('train', network, loss, set);
  const optimizerSpec = options.optimizer ?? 'adam';
  const optimizer = within('optimizer', () => createOptimizer(optimizerSpec));
  const batch = Math.min(train.rows, batchOf(options.batch, train));
  const leaf = leafRows(batch);
  const leaves = leafCount(batch, leaf);
  const { context, totalEpochs, lengthIn } = lengthOf(options, Math.ceil(train.rows / batch));
  const scheduleSpec = options.schedule ?? 'constant';
  const { threads: asked = 'auto', pool } = options;
  const tunesThreads = asked === 'auto';
  const parameters = options.parameters === undefined ? null : yield* checkParameters(options.parameters, network);
  const askedThreads = tunesThreads ? (pool?.threads ?? availableParallelism()) : threadsOf(asked);
  checkPool(options.pool, askedThreads);
  const threads = Math.min(askedThreads, mostUseful(leaves, network, [validation, test]));
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
    lastBatch: train.rows % batch || batch,
    leaf,
    threads,
    tunesThreads,
    ownThreads: pool === undefined,
    backend: options.backend ?? options.resume?.record.backend.name ?? 'auto',
    blas: options.blas,
    seed: seedOf(options.seed ?? 0),
    data: splits,
    pool,
    signal: options.signal,
    parameters,
    parametersHash: parameters === null ? null : yield* fingerprintInTurns(parameters),
    clipNorm:
      options.clipNorm === undefined ? null : number('train', 'clipNorm', options.clipNorm, 'above 0', (c) => c > 0),
    shuffle: (options.shuffle ?? true) && batch < train.rows,
    onNan: onNanOf(options.onNan ?? 'stop'),
    retries: number('train', 'retries', options.retries ?? RETRIES, 'that is whole and at least 0', isCount),
    totalEpochs,
    lengthIn,
    probes: options.probe !== undefined,
    profile: profileOf(options),
    probe: options.probe === undefined ? null : probeSteps(options.probe),
    evaluateEvery: positiveInteger(
      'train',
      'evaluateEvery',
      // A longer run would evaluate less often, and a plateau schedule would see other values.
      options.evaluateEvery ?? options.resume?.record.evaluateEvery ?? Math.ceil(totalEpochs / 100),
    ),
    evaluateTest: evaluateTestOf(options, splits),
    checkpoint,
    checkpointTimes: checkpointTimes(checkpoint?.every, context.stepsPerEpoch),
    resume: options.resume ?? null,
    warnings: [...warningsOf({ askedThreads, threads, leaves }, train, options), ...(yield* missingClasses(train))],
  };
}

/** A copy of what is JSON in the options. */
function copyOptions(given: TrainOptions): TrainOptions {
  const { parameters: _p, checkpoint: _c, resume: _r, onEvent: _e, pool: _o, signal: _s, ...plain } = given;
  return { ...given, ...copyJson(plain) };
}

/** A thread without a leaf, a block or a chunk of an evaluation would only have to be started and waited for. */
function mostUseful(leaves: number, { parameterCount }: Network, evaluated: readonly (Dataset | undefined)[]): number {
  const chunks = evaluated.map((set) => Math.ceil((set?.rows ?? 0) / EVALUATION_ROWS));
  return Math.max(leaves, blockCount(parameterCount), ...chunks);
}

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
