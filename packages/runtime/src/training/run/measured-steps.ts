import { type NetworkSpec, OptionError } from '@gradloom/core';
import { option, show } from '@gradloom/core/internal';
import { createLockstep } from '../../cluster/lockstep.ts';
import type { DataSplits } from '../../data/dataset.ts';
import type { StartEvent, TrainEvent } from './events.ts';
import { isCluster } from './execution-options.ts';
import { readTrainOptions, type TrainOptions } from './options.ts';
import { intervalOf } from './plan.ts';
import { checkSplits, refuseConflicts } from './refuse-conflicts.ts';
import type { TrainResult } from './results.ts';
import { evaluationInterval } from './scheduled-steps.ts';

type Train = (spec: NetworkSpec, data: DataSplits, options: TrainOptions) => PromiseLike<TrainResult>;

/** Share of the time in which steps are measured, and the longest such time in ms. */
const TRIAL_SHARE = 0.05;
const MAX_TRIAL_MS = 5000;
/** Maximum number of steps of a trial: its time ends it before, and a plan of so many epochs takes little memory. */
const TRIAL_STEPS = 2 ** 20;
/** Share of the time that is kept for steps which are slower than those that were measured. */
const RESERVE = 0.02;

/**
 * The options with as many `steps` as fit into their `minutes` from now on, with evaluations, and with the steps and
 * the evaluation that are measured here and discarded. All ranks of a cluster get the number of rank 0.
 * @throws OptionError if no step fits, or for `minutes` beside `epochs`, `steps` or `resume`.
 */
export async function measuredSteps(
  spec: NetworkSpec,
  data: DataSplits,
  options: TrainOptions,
  train: Train,
): Promise<TrainOptions> {
  if (options?.minutes === undefined) return options;
  const read = readTrainOptions(options);
  const splits = checkSplits(data);
  refuseConflicts(options, splits);
  const { minutes, ...timed } = options;
  const trial = await runTrial(spec, splits, timed, minutes * 60_000 * TRIAL_SHARE, train);
  const budgetMs = minutes * 60_000 * (1 - RESERVE) - trial.elapsedMs - trial.overheadMs;
  const { fromFirst } = createLockstep(isCluster(options.cluster) ? options.cluster : null);
  const isAborted = options.signal?.aborted ?? false; // before there was anything to measure
  const steps = await fromFirst(isAborted ? 1 : largestFit((totalSteps) => runMs(totalSteps) <= budgetMs));
  if (steps > 0) return { ...timed, steps };
  const problem = `has ${minutes}, expected more: measuring the time of a step takes ${(trial.elapsedMs / 60_000).toPrecision(2)} minutes`;
  throw new OptionError('train', 'minutes', problem);

  /** Time of so many steps, with their evaluations. */
  function runMs(totalSteps: number): number {
    const { stepMs, pauseMs, testMs, batch, stepsPerEpoch } = trial;
    const interval = intervalOf(read, undefined, splits, { totalSteps, stepsPerEpoch }, batch);
    return totalSteps * stepMs + (totalSteps / evaluationInterval(interval, stepsPerEpoch)) * pauseMs + testMs;
  }
}

/**
 * Milliseconds that the steps of a run take without its evaluations, by some that are done here in about `trialMs` and
 * discarded.
 */
export async function estimateMs(
  spec: NetworkSpec,
  data: DataSplits,
  allOptions: TrainOptions,
  trialMs: number,
  train: Train,
): Promise<number> {
  const { train: rows } = checkSplits(data);
  readTrainOptions(allOptions);
  option.positive.check('estimateMs', 'trialMs', trialMs);
  if (typeof train !== 'function') throw new Error(`estimateMs: train has ${show(train)}, expected a function`);
  const { epochs = 1, steps, ...options } = allOptions;
  const { stepMs, stepsPerEpoch } = await runTrial(spec, { train: rows }, options, trialMs, train);
  return (steps ?? epochs * stepsPerEpoch) * stepMs;
}

/** The largest number that fits, where each smaller one does; 0 if none does. */
function largestFit(fits: (steps: number) => boolean): number {
  let [lower, upper] = [0, 1];
  while (upper < Number.MAX_SAFE_INTEGER / 2 && fits(upper)) [lower, upper] = [upper, 2 * upper];
  while (upper - lower > 1) {
    const middle = Math.floor((lower + upper) / 2);
    if (fits(middle)) lower = middle;
    else upper = middle;
  }
  return lower;
}

/** Times of the parts of a run, which are measured on some steps. Ranks other than 0 measure nothing. */
interface Trial extends Pick<StartEvent, 'batch' | 'stepsPerEpoch'> {
  readonly stepMs: number;
  readonly pauseMs: number; // of an evaluation of the validation set
  readonly testMs: number; // of the end of a run, with the evaluation of the test set
  readonly elapsedMs: number; // of the trial
  readonly overheadMs: number; // of the trial besides steps at full speed, evaluations and its end
}

/** Trains for some time, the second half of which is measured, and evaluates after each epoch and at the end. */
async function runTrial(
  spec: NetworkSpec,
  { train: rows, validation, test = validation }: DataSplits,
  options: TrainOptions,
  maxMs: number,
  train: Train,
): Promise<Trial> {
  const { patience: _, minDelta: _d, monitor: _m, probe: _p, checkpoint: _c, evaluateEvery = 1, ...others } = options;
  const halfMs = Math.min(maxMs, MAX_TRIAL_MS) / 2;
  const beginMs = performance.now();
  const end = new AbortController();
  let start: Pick<StartEvent, 'batch' | 'stepsPerEpoch' | 'tunesThreads'> = NOT_STARTED;
  let isTuned = false;
  let evaluations = 0;
  // Times of the first and the last report that are measured: all time, time in steps, and counts.
  const zero = { ms: beginMs, stepsMs: 0, step: 0, evaluations };
  let [first, last] = [zero, zero];
  function onEvent(event: TrainEvent): void {
    if (event.type === 'start') start = event;
    if (event.type === 'threads') isTuned = true;
    if (event.type === 'epoch' && (event.validation ?? event.test) !== undefined) evaluations++;
    if (event.type !== 'progress') return;
    const ms = performance.now();
    last = { ms, stepsMs: event.elapsedMs, step: event.step, evaluations };
    const isReady = isTuned || !start.tunesThreads || ms - beginMs > 4 * halfMs;
    if (first !== zero) {
      if (ms - first.ms >= halfMs) end.abort();
    } else if (isReady && ms - beginMs >= halfMs) first = last;
  }
  const signals = options.signal === undefined ? [end.signal] : [end.signal, options.signal];
  await train(
    spec,
    { train: rows, ...(validation === undefined ? {} : { validation }), ...(test === undefined ? {} : { test }) },
    { ...others, evaluateEvery, steps: TRIAL_STEPS, signal: AbortSignal.any(signals), onEvent },
  );
  const endMs = performance.now();
  if (first === last) first = zero;
  const trial = {
    ms: last.ms - first.ms,
    stepsMs: last.stepsMs - first.stepsMs,
    steps: Math.max(1, last.step - first.step),
    evaluations: last.evaluations - first.evaluations,
  };
  const testMs = endMs - last.ms;
  // Without an evaluation, the pauses between spans of steps count as part of the steps.
  const hasEvaluations = trial.evaluations > 0;
  const stepMs = (hasEvaluations ? trial.stepsMs : trial.ms) / trial.steps;
  const estimateMs = validation === undefined || test === undefined ? 0 : (testMs * validation.rows) / test.rows;
  const pauseMs = hasEvaluations ? (trial.ms - trial.stepsMs) / trial.evaluations : estimateMs;
  const elapsedMs = endMs - beginMs;
  const overheadMs = last.ms - beginMs - last.step * stepMs - last.evaluations * pauseMs;
  return { ...start, stepMs, pauseMs, testMs, elapsedMs, overheadMs: Math.max(0, overheadMs) };
}

const NOT_STARTED = { batch: 1, stepsPerEpoch: 1, tunesThreads: false };
