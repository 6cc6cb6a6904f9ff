import { availableParallelism } from 'node:os';
import {
  type Augmentation,
  buildNetwork,
  checkPreprocessing,
  createLoss,
  createSchedule,
  type Elements,
  type LoadedParts,
  type Loss,
  type Network,
  type NetworkSpec,
  OptionError,
  type Pausable,
} from '@gradloom/core';
import {
  blockCount,
  checkEncoding,
  checkGroups,
  checkObject,
  freezeLayers,
  headTasks,
  leafCount,
  NOTHING_LOADED,
  ofImages,
  ofTable,
  ofText,
  refuseBeyondFloats,
  refuseOptimizerBeyondFloats,
  weightsFrom,
  within,
} from '@gradloom/core/internal';
import type { Cluster } from '../../cluster/cluster.ts';
import { type DataSplits, type Dataset, hasWindows } from '../../data/dataset.ts';
import { spacedRows } from '../../data/split.ts';
import { checkDivisors, checkFit, defaultLoss } from '../../data/targets.ts';
import { isFusedRecord } from '../../engine/backends/backend.ts';
import { refuseManyLayers } from '../../engine/memory/run-memory.ts';
import { EVALUATION_ROWS } from '../../engine/memory/thread-scratch.ts';
import { optimizerOf } from '../../engine/step/optimizer-of.ts';
import { divideRows } from '../../engine/step/team-part.ts';
import type { Pool } from '../../engine/threads/pool.ts';
import type { StepShape } from '../../engine/threads/protocol.ts';
import type { TeamShape } from '../../engine/threads/team-setup.ts';
import { fingerprintInTurns } from '../../system/files/hash.ts';
import type { Checkpoint, EarlyRecord, RunRecord } from '../checkpoints/checkpoint.ts';
import {
  type CheckpointSettings,
  type CheckpointTimes,
  checkpointSettings,
  checkpointTimes,
} from '../checkpoints/checkpoint-options.ts';
import { maxWorkingThreads } from '../tuning/tune.ts';
import { copyJson, type OnNan, readTrainOptions, type TrainOptions, trainOptions } from './options.ts';
import { isShuffled } from './orders.ts';
import { changesByStep } from './rate-changes.ts';
import {
  augmentationOf,
  checkCustomGradients,
  checkParameters,
  checkPool,
  checkSplits,
  earlySettings,
  refuseConflicts,
  refuseLostNumbers,
  refuseUntrainable,
} from './refuse-conflicts.ts';
import { planWeighing, type RowWeighing } from './row-weights.ts';
import type { RunShape } from './run-layout.ts';
import { type ProbeSteps, probeSteps } from './scheduled-steps.ts';
import { missingClasses, warningsOf } from './warnings.ts';

/** A run with every default filled in and every shape checked. */
export interface RunPlan extends TeamShape, Omit<RunShape, keyof StepShape>, Required<StepShape> {
  readonly loss: Loss;
  readonly parts: LoadedParts; // custom parts
  readonly tunesThreads: boolean; // whether the run measures which number of threads is fastest
  readonly data: DataSplits; // the caller's arrays, in dataset objects of the run
  readonly cluster: Cluster | null; // null: this process alone
  readonly overlap: boolean; // of exchanges with the backward pass
  readonly pool: Pool | undefined; // undefined: threads of its own
  readonly signal: AbortSignal | undefined;
  readonly parameters: Elements | null; // [P] starting weights; null: drawn from the seed
  readonly parametersHash: string | null; // hash of `parameters` at the start
  readonly recorded: RecordedOptions;
  readonly rateChanges: ReadonlyMap<number, number>; // rates of the optimizer, each by its first step
  readonly weighing: readonly RowWeighing[] | null; // null if each row counts 1
  readonly onNan: OnNan;
  readonly retries: number;
  readonly early: EarlyRecord | null;
  readonly lengthIn: 'epochs' | 'steps'; // which of the two options was given
  readonly evaluateEvery: number;
  readonly evaluateTest: boolean; // whether each evaluation includes the test set
  readonly trainingSample: Dataset | null; // training rows that each evaluation includes; null: none
  readonly probe: ProbeSteps | null;
  readonly checkpoint: CheckpointSettings | null;
  readonly writesCheckpoints: boolean; // whether rank 0 writes checkpoints
  readonly checkpointTimes: CheckpointTimes;
  readonly resume: Checkpoint | null;
  readonly warnings: readonly string[];
}

/** Most training rows that an evaluation includes. */
const SAMPLE_ROWS = 1000;

/** @throws OptionError for the first option or shape that does not fit, before any thread or large memory exists. */
export function* planRun(
  spec: NetworkSpec,
  data: DataSplits,
  runOptions: TrainOptions,
  parts: LoadedParts = NOTHING_LOADED,
): Pausable<RunPlan> {
  // Read before the first pause, after which the caller may change its objects or the current directory.
  const options = readTrainOptions(runOptions);
  const { batchSize, ...requested } = { ...runOptions };
  if (batchSize !== undefined) requested.batch = batchSize;
  const splits = checkSplits(data);
  refuseConflicts(requested, splits);
  const { train, validation, test } = splits;
  const checkpoint = options.checkpoint === undefined ? null : checkpointSettings(options.checkpoint);
  const specCopy = copyJson(spec);
  refuseManyLayers(specCopy);
  const { freeze = [] } = options;
  const network = buildNetwork(
    freeze.length === 0 ? specCopy : freezeLayers('train', specCopy, freeze, parts.customParts),
    parts.customParts,
  );
  refuseUntrainable(network);
  const lossSpec = defaultLoss(train, options.loss);
  const loss = within('loss', () => createLoss(lossSpec, parts.customParts));
  refuseBeyondFloats('train', network, loss, options.precision);
  const { preprocessing } = train;
  const encoding = preprocessing && checkPreprocessing('train', preprocessing);
  const [tableOrText, images] = [ofTable(encoding) ?? ofText(encoding), ofImages(encoding)];
  if (tableOrText !== undefined) checkEncoding('train', network, tableOrText);
  for (const set of [train, validation, test]) {
    if (set !== undefined) {
      yield* checkFit('train', network, loss, set);
      checkDivisors('train', set, options.precision);
    }
  }
  if (images !== undefined) checkEncoding('train', network, images);
  const weighing = yield* planWeighing(options.classWeight, train, headTasks(network, loss));
  if (options.checkGradients) yield* checkCustomGradients(network, loss, train);
  const {
    optimizer: optimizerSpec,
    schedule: scheduleSpec,
    epochs,
    steps,
    threads: threadsOption,
    pool,
    resume,
  } = options;
  const { precision: elementType } = options;
  const ema = options.ema ?? null;
  const optimizer = within('optimizer', () => optimizerOf(optimizerSpec, ema));
  checkGroups('train', optimizer, network);
  const batch = rowsPerStep(options, train);
  const { stepsPerEpoch, ...division } = divideRows(network, elementType, {
    rows: train.rows,
    batch,
    accumulate: options.accumulate,
    evaluated: Math.max(validation?.rows ?? 0, test?.rows ?? 0),
  });
  const leaves = leafCount(batch, division.leafRows);
  const context = { totalSteps: steps ?? epochs * stepsPerEpoch, stepsPerEpoch };
  const schedule = within('schedule', () => createSchedule(scheduleSpec, context, parts.customParts));
  const firstRate = optimizer.lr * schedule.factor(0, Float64Array.from(schedule.initialState));
  refuseLostNumbers(options, loss, optimizer, firstRate, elementType);
  const changes = options.rateChanges ?? resume?.record.rateChanges ?? {};
  for (const rate of Object.values(changes)) refuseOptimizerBeyondFloats('train', optimizer, rate, elementType);
  const totalEpochs = Math.ceil(context.totalSteps / stepsPerEpoch);
  const startWeights = options.from === undefined ? options.parameters : weightsFrom('train', network, options.from);
  const parameters = startWeights === undefined ? null : yield* checkParameters(startWeights, network, elementType);
  const { cluster = null, overlap } = options;
  const cores = cluster?.cores ?? availableParallelism();
  const requestedThreads = threadsOption === 'auto' ? (pool?.threads ?? cores) : threadsOption;
  checkPool('train', pool, requestedThreads);
  const usefulThreads = Math.min(requestedThreads, maxUsefulThreads(leaves, network, [validation, test]));
  // All threads of a given pool are used: its owner chose their number.
  const threads = pool === undefined ? Math.min(usefulThreads, maxWorkingThreads()) : usefulThreads;
  return {
    network,
    loss,
    optimizer,
    schedule,
    lossSpec,
    parts,
    optimizerSpec,
    ema,
    scheduleSpec,
    context,
    elementType,
    ...division,
    threads,
    // With several ranks, one alone cannot measure how fast all of them are.
    tunesThreads: threadsOption === 'auto' && cluster === null,
    cluster,
    overlap,
    startsThreads: pool === undefined,
    backend: options.backend ?? resume?.record.backend.name ?? 'auto',
    blas: options.blas,
    unfused: resume !== undefined && !isFusedRecord(resume.record.backend),
    seed: options.seed,
    data: splits,
    pool,
    signal: options.signal,
    parameters,
    // A resume has its weights in the checkpoint, which knows those of the start.
    parametersHash: parameters === null ? (resume?.record.parameters ?? null) : yield* fingerprintInTurns(parameters),
    clipNorm: options.clipNorm ?? null,
    maxNorm: options.maxNorm ?? null,
    augment: augmentationOf(options, network, train),
    recorded: { ...recordedOptions(options), ...(Object.keys(changes).length === 0 ? {} : { rateChanges: changes }) },
    rateChanges: changesByStep(changes),
    weighing,
    hasRowWeights: weighing !== null,
    shuffle: options.shuffle && isShuffled(batch, train),
    onNan: options.onNan,
    retries: options.retries,
    early: earlySettings(options, network, loss, validation),
    totalEpochs,
    lengthIn: steps === undefined ? 'epochs' : 'steps',
    probes: options.probe !== undefined,
    profile: options.profile,
    probe: options.probe === undefined ? null : probeSteps(options.probe),
    // A resume keeps the interval, which decides what a plateau schedule observes.
    evaluateEvery: intervalOf(options, resume?.record, splits, context, batch),
    evaluateTest: options.evaluateTest,
    trainingSample:
      options.evaluateTraining && train.classes !== null && !hasWindows(train) ? spacedRows(train, SAMPLE_ROWS) : null,
    checkpoint,
    writesCheckpoints: checkpoint !== null,
    checkpointTimes: checkpointTimes(checkpoint?.every, context.stepsPerEpoch),
    resume: resume ?? null,
    warnings: [
      ...warningsOf({ requestedThreads, usefulThreads, threads, leaves }, train, requested),
      ...(yield* missingClasses(train)),
    ],
  };
}

/** Evaluations of a run on windows of one text or series, whose epoch may be longer than the run. */
const MAX_EVALUATIONS = 10;
/** Validation rows for each training row that take a tenth of its time: a forward pass is a third of a step. */
const EVALUATION_COST = 0.3;

/**
 * Epochs between evaluations: by default 1 or a hundredth of all. Of windows of one text or series, whose epochs are
 * long, it may be a part of one.
 * @throws OptionError for a part of an epoch, if a bad step would go back past an evaluation
 */
export function intervalOf(
  { evaluateEvery, onNan }: { readonly evaluateEvery?: number | undefined; readonly onNan: OnNan },
  record: RunRecord | undefined,
  { train, validation }: DataSplits,
  { totalSteps, stepsPerEpoch }: { readonly totalSteps: number; readonly stepsPerEpoch: number },
  batch: number,
): number {
  if (evaluateEvery !== undefined && evaluateEvery < 1 && onNan === 'rollback') {
    const problem = `has ${evaluateEvery}, expected whole epochs (onNan rollback goes back to the start of one)`;
    throw new OptionError('train', ['evaluateEvery', 'onNan'], problem, { about: 'evaluateEvery' });
  }
  const requested = evaluateEvery ?? record?.evaluateEvery;
  if (requested !== undefined) return requested;
  const epochs = totalSteps / stepsPerEpoch;
  const defaultInterval = Math.ceil(Math.ceil(epochs) / 100);
  if (train.starts === undefined || validation === undefined || onNan === 'rollback') return defaultInterval;
  const affordable = Math.floor((EVALUATION_COST * totalSteps * batch) / validation.rows);
  const epochFraction = epochs / Math.max(1, Math.min(MAX_EVALUATIONS, affordable));
  return epochFraction < 1 ? epochFraction : defaultInterval;
}

/** Rows of a whole batch, with all that is accumulated. */
export function rowsPerStep(
  options: { readonly batch: number | 'full'; readonly accumulate: number },
  train: Dataset,
): number {
  const { batch, accumulate } = checkObject('rowsPerStep', 'options', options, 'those of a run');
  const { rows } = checkObject('rowsPerStep', 'train', train, 'a dataset');
  return batch === 'full' ? rows : Math.min(rows, batch * accumulate);
}

/** Maximum threads that have work: a thread without a leaf, a block or an evaluation chunk would only cost time. */
function maxUsefulThreads(
  leaves: number,
  { parameterCount }: Network,
  evaluatedSets: readonly (Dataset | undefined)[],
): number {
  const chunks = evaluatedSets.map((set) => Math.ceil((set?.rows ?? 0) / EVALUATION_ROWS));
  return Math.max(leaves, blockCount(parameterCount), ...chunks);
}

/** Options that a checkpoint records in other places, or that only set the length of the run. */
const RECORDED_OTHERWISE: ReadonlySet<string> = new Set<keyof TrainOptions>([
  'loss',
  'optimizer',
  'schedule',
  'batch',
  'accumulate',
  'epochs',
  'steps',
  'minutes',
  'shuffle',
  'seed',
  'clipNorm',
  'freeze', // in the spec
  'rateChanges',
  'evaluateEvery',
  'patience',
  'minDelta',
  'monitor',
]);

/** All other options that decide the result, where they differ from their defaults. */
export type RecordedOptions = Pick<
  RunRecord,
  'precision' | 'rateChanges' | 'classWeight' | 'maxNorm' | 'ema' | 'onNan' | Exclude<keyof Augmentation, 'shape'>
>;

/** Picks the options that a checkpoint records, so that a resume can compare them. */
export const recordedOptions = (options: ReturnType<typeof readTrainOptions>): RecordedOptions =>
  Object.fromEntries(
    Object.entries(trainOptions.table).flatMap(([name, optionEntry]) => {
      const value = options[name as keyof typeof options];
      const isRecorded = 'effect' in optionEntry && optionEntry.effect === 'result' && !RECORDED_OTHERWISE.has(name);
      return isRecorded && value !== optionEntry.standard ? [[name, value]] : [];
    }),
  );
