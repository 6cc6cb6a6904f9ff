import { blockCount } from '@gradloom/core/internal';
import type { Profile, TrainResult } from '@gradloom/runtime';
import type { TimedRun } from '@gradloom/runtime/internal';
import { median } from '../figures/range.ts';

/** Runs of one round, by number of threads, of which the first is 1. */
export interface Round {
  readonly strong: ReadonlyMap<number, TimedRun>;
  readonly weak: ReadonlyMap<number, TimedRun>;
}

export interface Point {
  readonly threads: number;
  readonly beyondCores: boolean; // more threads than cores
  readonly working: number; // number of threads that have a leaf or a block
  readonly gradientThreads: number; // number of threads that have a leaf
  readonly stepMs: number; // median of the rounds
  readonly samplesPerSecond: number;
  readonly speedup: number; // relative to one thread
  // of single rounds, relative to one thread in the same round
  readonly speedupRange: readonly [low: number, high: number];
  readonly efficiency: number; // speedup divided by threads
  readonly fingerprint: string; // of the weights after `steps` steps
  readonly profiles: readonly Profile[]; // ms per step of each thread, from a separate run
}

/** Weak scaling: each thread keeps the rows that one thread has. */
export interface WeakPoint {
  readonly threads: number;
  readonly batch: number;
  readonly stepMs: number;
  readonly samplesPerSecond: number;
  readonly efficiency: number; // time of a step on one thread divided by this one
}

/** Summary of the rounds. */
export interface RoundFigures {
  readonly first: TrainResult; // result of one thread
  readonly batch: number;
  readonly leaves: number;
  readonly rounds: number; // finished rounds
  readonly spread: number; // greatest difference between rounds of a count, divided by their median
  readonly points: readonly Point[];
  readonly weak: readonly WeakPoint[];
}

/** Computes medians over the rounds, of which there is at least one, and how much rounds differ. */
export function summarizeRounds(
  rounds: readonly Round[],
  cores: number,
  profiles: ReadonlyMap<number, readonly Profile[]>, // by number of threads; may be empty
): RoundFigures {
  const counts = [...rounds[0].strong.keys()];
  const weakCounts = [...rounds[0].weak.keys()];
  const runsOf = (kind: keyof Round, threads: number) => rounds.flatMap((one) => one[kind].get(threads) ?? []);
  const baseRuns = runsOf('strong', counts[0]);
  const [{ result: first }] = baseRuns;
  const { batch, leaves } = first;
  const firstMs = stepMsOf(baseRuns);
  const weakFirstMs = weakCounts.includes(1) ? stepMsOf(runsOf('weak', 1)) : firstMs;
  return {
    first,
    batch,
    leaves,
    rounds: rounds.length,
    spread: Math.max(...counts.map((threads) => spreadOf(runsOf('strong', threads)))),
    points: counts.map((threads): Point => {
      const runs = runsOf('strong', threads);
      const stepMs = stepMsOf(runs);
      const speedups = runs.map((one, k) => baseRuns[k].stepMs / one.stepMs);
      return {
        threads,
        beyondCores: threads > cores,
        working: workingThreads(threads, first),
        gradientThreads: Math.min(threads, leaves),
        stepMs,
        samplesPerSecond: samplesPerSecond(runs),
        speedup: firstMs / stepMs,
        speedupRange: [Math.min(...speedups), Math.max(...speedups)],
        efficiency: firstMs / stepMs / threads,
        // More than one only if threads change the result, which is a bug.
        fingerprint: [...new Set(runs.map(({ result }) => result.fingerprint))].join(' '),
        profiles: profiles.get(threads) ?? [],
      };
    }),
    weak: weakCounts.map((threads): WeakPoint => {
      const runs = runsOf('weak', threads);
      const stepMs = stepMsOf(runs);
      const efficiency = weakFirstMs / stepMs;
      return { threads, batch: threads * batch, stepMs, samplesPerSecond: samplesPerSecond(runs), efficiency };
    }),
  };
}

/** How many of the threads have a leaf or a block of parameters. */
export const workingThreads = (threads: number, { leaves, parameters }: TrainResult): number =>
  Math.min(threads, Math.max(leaves, blockCount(parameters.length)));

const stepMsOf = (runs: readonly TimedRun[]): number => median(runs.map(({ stepMs }) => stepMs));

function spreadOf(runs: readonly TimedRun[]): number {
  const times = runs.map(({ stepMs }) => stepMs);
  return (Math.max(...times) - Math.min(...times)) / stepMsOf(runs);
}

/** Computed from the median time of a step: all runs have the same steps. */
const samplesPerSecond = (runs: readonly TimedRun[]): number =>
  (runs[0].samplesPerSecond * runs[0].stepMs) / stepMsOf(runs);
