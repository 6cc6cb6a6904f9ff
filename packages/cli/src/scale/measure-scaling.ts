import type { NetworkSpec } from '@gradloom/core';
import {
  type DataSplits,
  type Pool,
  type Profile,
  type TrainOptions,
  type TrainResult,
  train,
} from '@gradloom/runtime';
import { measureBandwidth, type TimedRun, timeSteps } from '@gradloom/runtime/internal';

/** What is trained at every number of threads. */
export interface Workload {
  readonly spec: NetworkSpec;
  readonly sets: DataSplits;
  readonly options: TrainOptions;
  readonly steps: number | undefined; // of a run, default: RUN_MS on the fastest number of threads
}

export interface Point {
  readonly threads: number;
  readonly beyondCores: boolean; // threads take turns
  readonly working: number; // of them, those that have a shard or a block
  readonly stepMs: number; // median of the rounds
  readonly samplesPerSecond: number;
  readonly speedup: number; // over one thread
  readonly efficiency: number; // speedup over threads
  readonly fingerprint: string; // of the weights after `steps` steps
  readonly profiles: readonly Profile[]; // ms a step of each thread, from a run of its own
}

/** Weak scaling: each thread keeps the rows that one thread has. */
export interface WeakPoint {
  readonly threads: number;
  readonly batch: number;
  readonly stepMs: number;
  readonly samplesPerSecond: number;
  readonly efficiency: number; // time of a step on one thread over this one's
}

export interface Scaling {
  readonly first: TrainResult; // a run on one thread
  readonly steps: number; // of a run
  readonly spread: number; // most that the rounds of a count differ, over their median
  readonly points: readonly Point[];
  readonly weak: readonly WeakPoint[];
  readonly bandwidth: readonly { readonly threads: number; readonly gigabytesPerSecond: number }[];
}

const RUN_MS = 1000;
const MOST_MS = 4000; // of a run on one thread
const SETTLING_RUNS = 4; // at most
const WARM_STEPS = 300; // compiled code from there on
/** Runs of a profile are longer, so that their start weighs little: its parts cannot be told without it. */
const PROFILE_RUNS = 3;

/** Measures all counts in turns, so that a machine that slows down slows all of them. */
export async function measureScaling(
  pool: Pool,
  workload: Workload,
  counts: readonly number[],
  cores: number,
  rounds: number,
  note: (text: string) => void,
): Promise<Scaling> {
  const { spec, sets, options } = workload;
  const data = { train: sets.train };
  const run = async (more: TrainOptions & { threads: number }): Promise<TimedRun> => {
    const timed = await timeSteps(train(spec, data, { ...options, pool, ...more }));
    const { threads } = timed.result;
    if (threads === more.threads) return timed;
    throw new Error(`measureScaling: a run of ${more.threads} threads has memory for ${threads}, expected it for all`);
  };

  note('warming up');
  const asked = workload.steps ?? Number.POSITIVE_INFINITY;
  const trial = await run({ threads: 1, steps: Math.min(20, asked) });
  const guess = Math.max(5, Math.round(RUN_MS / trial.stepMs));
  const warmSteps = Math.min(WARM_STEPS, 2 * guess, asked); // a later step may have no finite loss
  const warm: { threads: number; stepMs: number }[] = [];
  for (const threads of counts) warm.push({ threads, stepMs: (await run({ threads, steps: warmSteps })).stepMs });
  const fastest = warm.reduce((best, one) => (one.stepMs < best.stepMs ? one : best));
  const oneMs = await settle(warm[0]);
  const leastMs = fastest === warm[0] ? oneMs : await settle(fastest);
  const steps = workload.steps ?? Math.min(stepsIn(RUN_MS, leastMs), stepsIn(MOST_MS, oneMs));

  const { batch, shards } = trial.result;
  const weakCounts = counts.filter((T) => T <= cores && T * batch <= sets.train.rows);
  const weakSteps = workload.steps ?? stepsIn(RUN_MS, oneMs); // on any number of threads they take as long
  const weakRun = (T: number) => run({ threads: T, steps: weakSteps, batch: T * batch, shards: T * shards });
  const strong = new Map(counts.map((T): [number, TimedRun[]] => [T, []]));
  const weak = new Map(weakCounts.map((T): [number, TimedRun[]] => [T, []]));
  for (let round = 0; round < rounds; round++) {
    note(`round ${round + 1} of ${rounds}`);
    for (const [threads, results] of strong) results.push(await run({ threads, steps }));
    for (const [threads, results] of weak) results.push(await weakRun(threads));
  }

  note('where the time goes');
  const profileSteps = workload.steps ?? PROFILE_RUNS * steps;
  const [[, firsts]] = strong;
  const firstMs = stepMsOf(firsts);
  const points: Point[] = [];
  for (const [threads, results] of strong) {
    const { profiles = [] } = (await run({ threads, steps: profileSteps, profile: true })).result;
    const stepMs = stepMsOf(results);
    const prints = new Set(results.map(({ result }) => result.fingerprint));
    points.push({
      threads,
      beyondCores: threads > cores,
      working: profiles.length,
      stepMs,
      samplesPerSecond: samplesPerSecond(results),
      speedup: firstMs / stepMs,
      efficiency: firstMs / stepMs / threads,
      fingerprint: [...prints].join(' '), // more than one only if the promise is broken
      profiles: profiles.map((profile) => perStep(profile, profileSteps)),
    });
  }
  const bandwidth: { threads: number; gigabytesPerSecond: number }[] = [];
  for (const threads of counts.filter((T) => T <= cores)) {
    note(`memory, ${threads} of ${cores}`);
    bandwidth.push({ threads, gigabytesPerSecond: await measureBandwidth(pool, threads) });
  }
  const weakFirstMs = stepMsOf(weak.get(1) ?? firsts);
  return {
    first: firsts[0].result,
    steps,
    spread: Math.max(...[...strong.values()].map(spreadOf)),
    points,
    weak: [...weak].map(([threads, results]) => ({
      threads,
      batch: threads * batch,
      stepMs: stepMsOf(results),
      samplesPerSecond: samplesPerSecond(results),
      efficiency: weakFirstMs / stepMsOf(results),
    })),
    bandwidth,
  };

  /** ms a step, by runs that come near to the length of those that will count: short ones have cold code and little else. */
  async function settle({ threads, stepMs }: { threads: number; stepMs: number }): Promise<number> {
    let ms = stepMs;
    for (let k = 0; k < SETTLING_RUNS && workload.steps === undefined; k++) {
      const timed = await run({ threads, steps: stepsIn(RUN_MS, ms) });
      ms = timed.stepMs;
      if (timed.result.elapsedMs > RUN_MS / 2) break;
    }
    return ms;
  }
}

const stepsIn = (ms: number, stepMs: number): number => Math.max(5, Math.round(ms / stepMs));

const perStep = ({ gather, forward, backward, update, wait }: Profile, steps: number): Profile => ({
  gather: gather / steps,
  forward: forward / steps,
  backward: backward / steps,
  update: update / steps,
  wait: wait / steps,
});

const stepMsOf = (runs: readonly TimedRun[]): number => median(runs.map(({ stepMs }) => stepMs));

function spreadOf(runs: readonly TimedRun[]): number {
  const times = runs.map(({ stepMs }) => stepMs);
  return (Math.max(...times) - Math.min(...times)) / stepMsOf(runs);
}

/** At the median time of a step: all runs have the same steps. */
const samplesPerSecond = (runs: readonly TimedRun[]): number =>
  (runs[0].samplesPerSecond * runs[0].stepMs) / stepMsOf(runs);

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
