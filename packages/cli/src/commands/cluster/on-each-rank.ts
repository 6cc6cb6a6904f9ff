import type { Cluster } from '@gradloom/runtime';
import { namesOf } from '@gradloom/runtime/internal';
import type { RawOptions } from '../../options/raw-options.ts';
import { UsageError, withoutCaller } from '../../terminal/failure.ts';

/**
 * Does work of each rank, such as reading its data, and waits until all ranks have done it. If it fails on some, all
 * ranks reject with the error of the first of them, which the message names unless it is rank 0.
 */
export async function onEachRank<T>(cluster: Cluster | null, work: () => T | Promise<T>): Promise<T> {
  if (cluster === null) return await work();
  let value: T;
  try {
    value = await work();
  } catch (error) {
    return await failTogether(cluster, error);
  }
  await awaitRanks(cluster);
  return value;
}

/**
 * Tells all ranks that this one cannot go on; they call `awaitRanks` or `failTogether` too. @throws on all ranks the
 * error of the first that failed.
 */
export async function failTogether(cluster: Cluster, error: unknown): Promise<never> {
  const isUsage = error instanceof UsageError;
  const sentence = isUsage ? error.message : withoutCaller(error);
  const firstError = (await exchangeObstacles(cluster, { sentence, isUsage })) as Error;
  // Rank 0 throws its own error, which has a cause.
  const rankError = cluster.rank === 0 && error instanceof Error ? error : firstError;
  sharedErrors.add(rankError);
  throw rankError;
}

/** Waits for all other ranks. @throws the error of the first rank that failed, if any. */
export async function awaitRanks(cluster: Cluster): Promise<void> {
  const firstError = await exchangeObstacles(cluster, null);
  if (firstError === null) return;
  sharedErrors.add(firstError);
  throw firstError;
}

/** Errors that all ranks have thrown together. */
const sharedErrors = new WeakSet<Error>();

export const isKnownToAll = (error: unknown): boolean => error instanceof Error && sharedErrors.has(error);

/** Why a rank cannot go on, as text that the other ranks can repeat. */
interface Obstacle {
  readonly sentence: string;
  readonly isUsage: boolean;
}

async function exchangeObstacles({ fromAll, ranks, hosts }: Cluster, obstacle: Obstacle | null): Promise<Error | null> {
  const obstacles = await fromAll(obstacle);
  const firstRank = obstacles.findIndex((entry) => entry !== null);
  const firstObstacle = obstacles[firstRank] ?? null;
  if (firstObstacle === null) return null;
  const { sentence, isUsage } = firstObstacle;
  const sameRanks = [...obstacles.keys()].filter((rank) => obstacles[rank]?.sentence === sentence);
  const hostNames = [...new Set(sameRanks.map((rank) => hosts[rank]))].join(', ');
  // An error of rank 0 reads as in a run without ranks.
  const message = firstRank === 0 ? sentence : `${namesOf(sameRanks, ranks)} (${hostNames}): ${sentence}`;
  return isUsage ? new UsageError(message) : new Error(message);
}

/** Flags that each rank may set for itself: none changes a bit. */
const PER_RANK_FLAGS = new Set(['threads', 'max-threads', 'memory-limit', 'verbose']);

/** Flags for work that only rank 0 does. Other ranks may leave them out; another value is ignored silently. */
const FIRST_RANK_FLAGS = new Set(['out', 'no-out', 'json', 'quiet', 'checkpoint-every', 'keep']);

/** Whether a flag applies only to the rank where it was typed. */
export const isPerRank = (flag: string): boolean => PER_RANK_FLAGS.has(flag);

/** Maximum number of flags that an error names. */
const MAX_NAMED = 3;

/**
 * Compares the flags of all ranks: a launcher may give each rank its own command line. @throws UsageError on all ranks,
 * listing the flags that differ and their ranks.
 */
export async function refuseOtherFlags(cluster: Cluster, typedOptions: RawOptions): Promise<void> {
  const { fromAll, hosts } = cluster;
  const sharedFlags = Object.entries(typedOptions).filter(([key]) => !PER_RANK_FLAGS.has(key));
  const flagsOfRanks = (await fromAll(sharedFlags)).map((flags) => new Map(flags));
  /** The value as typed; undefined if it was not typed, since `none` is a valid value of some flags. */
  const textOf = (key: string, rank: number): string | undefined => {
    const flag = flagsOfRanks[rank].get(key);
    return flag?.value === true ? 'given' : flag && String(flag.value);
  };
  const keys = new Set(flagsOfRanks.flatMap((flags) => [...flags.keys()]));
  const differences: string[] = [];
  for (const key of keys) {
    const firstText = textOf(key, 0);
    const differingRanks = [...flagsOfRanks.keys()].filter((rank) => {
      const text = textOf(key, rank);
      return text !== firstText && !(text === undefined && FIRST_RANK_FLAGS.has(key));
    });
    if (differingRanks.length === 0) continue;
    const name = flagsOfRanks.find((flags) => flags.has(key))?.get(key)?.name;
    const valueOn = (rank: number): string => `${textOf(key, rank) ?? 'nothing'} on rank ${rank} (${hosts[rank]})`;
    const roleNote = FIRST_RANK_FLAGS.has(key) ? ', which alone prints and writes' : '';
    differences.push(`${name} has ${valueOn(0)}${roleNote}, ${differingRanks.map(valueOn).join(', ')}`);
  }
  if (differences.length === 0) return;
  const omission = differences.length > MAX_NAMED ? `; and ${differences.length - MAX_NAMED} more` : '';
  const sentence = `${differences.slice(0, MAX_NAMED).join('; ')}${omission}: expected the same on all ranks`;
  await failTogether(cluster, new UsageError(sentence));
}
