import { blockCount } from '@gradloom/core/internal';
import type { Profile, TrainResult } from '@gradloom/runtime';
import type { TimedRun } from '@gradloom/runtime/internal';
import { list, record, tuple } from '../../options/schema/containers.ts';
import { count, flag, name, number } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';
import { median } from '../figures/range.ts';
import { MAX_THREADS, profile, threadCount } from '../figures/thread-profile.ts';

/** Runs of one round, by number of threads, of which the first is 1. */
export interface Round {
  readonly strong: ReadonlyMap<number, TimedRun>;
  readonly weak: ReadonlyMap<number, TimedRun>;
}

/** Strong scaling: the same batch on a number of threads. */
export const strongPoint = record({
  threads: threadCount,
  beyondCores: flag, // more threads than cores
  working: threadCount, // number of threads that have a leaf or a block
  gradientThreads: threadCount, // number of threads that have a leaf
  stepMs: number(0), // median of the rounds
  samplesPerSecond: number(0),
  speedup: number(0), // relative to one thread
  speedupRange: tuple(number(0), number(0)), // of single rounds, relative to one thread in the same round
  efficiency: number(0), // speedup divided by threads
  fingerprint: name, // of the weights after `steps` steps
  profiles: list(profile, 0, MAX_THREADS), // ms per step of each thread, from a separate run
});

export type Point = Read<typeof strongPoint>;

/** Weak scaling: each thread keeps the rows that one thread has. */
export const weakPoint = record({
  threads: threadCount,
  batch: count(1),
  stepMs: number(0),
  samplesPerSecond: number(0),
  efficiency: number(0), // time of a step on one thread divided by this one
});

export type WeakPoint = Read<typeof weakPoint>;

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
  const runsOf = (kind: keyof Round, threads: number) => rounds.flatMap((round) => round[kind].get(threads) ?? []);
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
      const speedups = runs.map((run, k) => baseRuns[k].stepMs / run.stepMs);
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
  const stepTimes = runs.map(({ stepMs }) => stepMs);
  return (Math.max(...stepTimes) - Math.min(...stepTimes)) / stepMsOf(runs);
}

/** Computed from the median time of a step: all runs have the same steps. */
const samplesPerSecond = (runs: readonly TimedRun[]): number =>
  (runs[0].samplesPerSecond * runs[0].stepMs) / stepMsOf(runs);
