import type { Cluster } from '@gradloom/runtime';
import { namesOf } from '@gradloom/runtime/internal';
import { UsageError, withoutPlace } from '../../terminal/failure.ts';

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
 * Tells all ranks that this one cannot go on; they call `meet` or `failTogether` too. @throws on all ranks the error of
 * the first that failed.
 */
export async function failTogether(cluster: Cluster, error: unknown): Promise<never> {
  const isUsage = error instanceof UsageError;
  const sentence = isUsage ? error.message : withoutPlace(error);
  const firstError = (await exchangeObstacles(cluster, { sentence, isUsage })) as Error;
  // Rank 0 throws its own error, which has a cause.
  const thrown = cluster.rank === 0 && error instanceof Error ? error : firstError;
  sharedErrors.add(thrown);
  throw thrown;
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
  const all = await fromAll(obstacle);
  const first = all.findIndex((one) => one !== null);
  const firstObstacle = all[first] ?? null;
  if (firstObstacle === null) return null;
  const { sentence, isUsage } = firstObstacle;
  const alike = [...all.keys()].filter((rank) => all[rank]?.sentence === sentence);
  const hostNames = [...new Set(alike.map((rank) => hosts[rank]))].join(', ');
  // An error of rank 0 reads as in a run without ranks.
  const message = first === 0 ? sentence : `${namesOf(alike, ranks)} (${hostNames}): ${sentence}`;
  return isUsage ? new UsageError(message) : new Error(message);
}
