import type { NetworkSpec } from '@gradloom/core';
import { type DataSplits, type Pool, type Profile, type TrainOptions, train } from '@gradloom/runtime';
import {
  type Exchange,
  measureBandwidth,
  measureExchange,
  phases,
  planStepWork,
  type TimedRun,
  timeSteps,
} from '@gradloom/runtime/internal';
import { timeLeft } from '../../terminal/text/format.ts';
import { type Prediction, passesMs, predictScaling } from './predict-cores.ts';
import { type Round, type RoundFigures, summarizeRounds, workingThreads } from './summarize-rounds.ts';

/** The training to measure. */
export interface Workload {
  readonly spec: NetworkSpec;
  readonly sets: DataSplits;
  readonly options: TrainOptions;
  readonly steps: number | undefined; // steps of a run, default: `runLength`
}

export interface Scaling extends RoundFigures {
  readonly steps: number; // steps of a run
  readonly roundsAsked: number;
  readonly stopped: boolean; // stopped before everything was measured: profiles and bandwidth may be missing too
  readonly bandwidth: readonly { readonly threads: number; readonly gigabytesPerSecond: number }[];
  readonly prediction: Prediction | null; // null unless asked for and completely measured
}

export interface MeasuringOptions {
  readonly counts: readonly number[]; // numbers of threads, ascending from 1
  readonly cores: number;
  readonly rounds: number;
  readonly modelCores?: readonly number[]; // numbers of cores that another machine may have; needs two threads here
  readonly showProgress: (text: string, leftMs?: number) => void; // `leftMs`: estimated time left
  readonly signal?: AbortSignal; // ends the measurement with the finished rounds
}

/**
 * A run was stopped. `measureScaling` throws it only before its first round is finished, as the message says: later
 * `unlessStopped` catches it, and the finished rounds are the result.
 */
export class NothingMeasured extends Error {
  constructor() {
    super('measureScaling: the measurement has no finished round, expected one (it was stopped before the first)');
  }
}

const RUN_MS = 1000;
const MAX_MS = 4000; // longest run on one thread
const SETTLING_RUNS = 4; // maximum number of runs until the length of a step is known
const WARM_STEPS = 300; // enough for V8 to compile the code
/** Profile runs are longer, since their start cannot be separated from the phases. */
const PROFILE_RUNS = 3;
/** Profiles of a single leaf (a batch is cut by rows into leaves), and as many of a whole batch. */
const PARTS_RUNS = 2;

/**
 * Measures all numbers of threads alternately, so that a slower machine affects all of them. @throws NothingMeasured if
 * `signal` ends it before a round is finished.
 */
export async function measureScaling(
  pool: Pool,
  workload: Workload,
  { counts, cores, rounds: roundsAsked, modelCores = [], showProgress, signal }: MeasuringOptions,
): Promise<Scaling> {
  const { spec, sets, options } = workload;
  const data = { train: sets.train };
  const run = async (overrides: TrainOptions & { threads: number }): Promise<TimedRun> => {
    const timedRun = await timeSteps(
      train(spec, data, { ...options, pool, ...(signal ? { signal } : {}), ...overrides }),
    );
    const { threads } = timedRun.result;
    const expected = workingThreads(overrides.threads, timedRun.result);
    // An aborted run has fewer steps, hence other weights and times.
    if (signal?.aborted) throw new NothingMeasured();
    if (threads >= expected) return timedRun;
    throw new Error(`measureScaling: a run of ${expected} threads has memory for ${threads}, expected it for all`);
  };

  showProgress('warming up');
  const maxSteps = workload.steps ?? Number.POSITIVE_INFINITY;
  const trial = await run({ threads: 1, steps: Math.min(20, maxSteps) });
  const stepsPerRun = Math.max(5, Math.round(RUN_MS / trial.stepMs));
  const warmSteps = Math.min(WARM_STEPS, 2 * stepsPerRun, maxSteps); // a step beyond may have an infinite loss
  const warmRuns: { threads: number; stepMs: number }[] = [];
  for (const threads of counts) warmRuns.push({ threads, stepMs: (await run({ threads, steps: warmSteps })).stepMs });
  const fastestRun = warmRuns.reduce((a, b) => (b.stepMs < a.stepMs ? b : a));
  const oneMs = await settledStepMs(warmRuns[0]);
  const leastMs = fastestRun === warmRuns[0] ? oneMs : await settledStepMs(fastestRun);
  const steps = workload.steps ?? runLength(leastMs, oneMs);

  const { batch } = trial.result;
  const weakCounts = counts.filter((T) => T <= cores && T * batch <= sets.train.rows);
  // weak-scaling steps take equally long on any number of threads
  const weakSteps = workload.steps ?? stepsIn(RUN_MS, oneMs);
  const profileSteps = workload.steps ?? PROFILE_RUNS * steps;

  async function measureRound(): Promise<Round> {
    const strong = new Map<number, TimedRun>();
    const weak = new Map<number, TimedRun>();
    for (const T of counts) strong.set(T, await run({ threads: T, steps }));
    for (const T of weakCounts) {
      weak.set(T, await run({ threads: T, steps: weakSteps, batch: T * batch }));
    }
    return { strong, weak };
  }

  async function profilesOf(threads: number, overrides: { batch?: number } = {}): Promise<readonly Profile[]> {
    const { profiles = [] } = (await run({ threads, steps: profileSteps, profile: true, ...overrides })).result;
    return profiles.map((profile) => perStep(profile, profileSteps));
  }

  // Estimates for the time left: the strong-scaling runs of a round, and all of its runs.
  const strongMs = steps * warmRuns.reduce((sum, { stepMs }) => sum + stepMs, 0);
  const plannedMs = strongMs + weakCounts.length * weakSteps * oneMs;
  const rounds: Round[] = [];
  const begun = performance.now();
  await unlessStopped(signal, async () => {
    while (rounds.length < roundsAsked) {
      const { length: finishedRounds } = rounds;
      const roundMs = finishedRounds === 0 ? plannedMs : (performance.now() - begun) / finishedRounds;
      const leftMs = (roundsAsked - finishedRounds) * roundMs + (profileSteps / steps) * strongMs;
      showProgress(`round ${finishedRounds + 1} of ${roundsAsked}, ${timeLeft(leftMs)}`, leftMs);
      rounds.push(await measureRound());
    }
  });
  if (rounds.length === 0) throw new NothingMeasured();

  const profiles = new Map<number, readonly Profile[]>();
  await unlessStopped(signal, async () => {
    showProgress('where the time goes');
    for (const threads of counts) profiles.set(threads, await profilesOf(threads));
  });
  const bandwidth: { threads: number; gigabytesPerSecond: number }[] = [];
  for (const threads of counts.filter((T) => T <= cores)) {
    if (signal?.aborted) break;
    showProgress(`memory, ${threads} of ${cores}`);
    bandwidth.push({ threads, gigabytesPerSecond: await measureBandwidth(pool, threads) });
  }

  // Profiles of only some numbers of threads cannot be compared.
  const figures = summarizeRounds(rounds, cores, profiles.size === counts.length ? profiles : new Map());
  let prediction: Prediction | null = null;
  await unlessStopped(signal, async () => {
    if (modelCores.length > 0) prediction = await predict(figures);
  });

  return { steps, roundsAsked, stopped: signal?.aborted ?? false, bandwidth, prediction, ...figures };

  /** Measures the parts of a prediction that were not measured yet. */
  async function predict(figures: RoundFigures): Promise<Prediction> {
    const work = planStepWork(spec, data, options);
    showProgress('a leaf alone');
    const [{ stepMs, profiles }] = figures.points;
    let [batchProfile] = profiles;
    let leafProfile: Profile | null = null;
    // Leaf and batch in turn, and the faster profile of each counts: a slow moment of the machine is no part of a step.
    for (let k = 0; k < PARTS_RUNS && work.leafRows < batch; k++) {
      const [aloneProfile] = await profilesOf(1, { batch: work.leafRows });
      if (leafProfile === null || passesMs(aloneProfile) < passesMs(leafProfile)) leafProfile = aloneProfile;
      const [again] = await profilesOf(1);
      if (passesMs(again) < passesMs(batchProfile)) batchProfile = again;
    }
    const exchanges: Exchange[] = [];
    const teamCounts = counts.filter((T) => T > 1 && T <= cores);
    for (const threads of teamCounts.length > 0 ? teamCounts : [2]) {
      if (signal?.aborted) throw new NothingMeasured();
      showProgress(`barriers, ${threads} of ${cores}`);
      exchanges.push(await measureExchange(pool, threads));
    }
    const speeds = bandwidth.map(({ gigabytesPerSecond }) => gigabytesPerSecond);
    return predictScaling(
      { stepMs, batchProfile, leafProfile, bandwidth: speeds, exchanges },
      work,
      figures,
      modelCores,
    );
  }

  /** ms per step, from runs about as long as the measured ones: short runs mostly time cold code. */
  async function settledStepMs({ threads, stepMs }: { threads: number; stepMs: number }): Promise<number> {
    let ms = stepMs;
    for (let k = 0; k < SETTLING_RUNS && workload.steps === undefined; k++) {
      const timedRun = await run({ threads, steps: stepsIn(RUN_MS, ms) });
      ms = timedRun.stepMs;
      if (timedRun.result.elapsedMs > RUN_MS / 2) break;
    }
    return ms;
  }
}

/** Runs `measure` unless the signal came before; if the signal stops it, what it has measured so far stays valid. */
async function unlessStopped(signal: AbortSignal | undefined, measure: () => Promise<void>): Promise<void> {
  if (signal?.aborted) return;
  try {
    await measure();
  } catch (error) {
    if (!(error instanceof NothingMeasured)) throw error;
  }
}

/** Steps of a run: RUN_MS on the number of threads with the shortest steps, but at most MAX_MS on one thread. */
export const runLength = (
  leastMs: number, // ms of the shortest steps
  oneMs: number, // ms per step on one thread
): number => Math.min(stepsIn(RUN_MS, leastMs), stepsIn(MAX_MS, oneMs));

const stepsIn = (ms: number, stepMs: number): number => Math.max(5, Math.round(ms / stepMs));

const perStep = (profile: Profile, steps: number): Profile =>
  Object.fromEntries(phases.map((part) => [part, profile[part] / steps])) as Profile;
