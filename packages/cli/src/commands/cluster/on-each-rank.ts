import type { Cluster } from '@gradloom/runtime';
import { namesOf } from '@gradloom/runtime/internal';
import { UsageError, withoutPlace } from '../../terminal/failure.ts';

/**
 * Does what each rank does for itself, such as reading its data, and waits until all have done it. Where it fails on
 * some, all ranks reject in the same way: with what the first of them has, which is named unless it is rank 0.
 */
export async function onEachRank<T>(cluster: Cluster | null, work: () => T | Promise<T>): Promise<T> {
  if (cluster === null) return await work();
  let value: T;
  try {
    value = await work();
  } catch (error) {
    return await failTogether(cluster, error);
  }
  await meet(cluster);
  return value;
}

/** Says to ranks that `meet` or fail too that this one cannot go on. @throws on all what the first of them has. */
export async function failTogether(cluster: Cluster, error: unknown): Promise<never> {
  const isUsage = error instanceof UsageError;
  const sentence = isUsage ? error.message : withoutPlace(error);
  const told = (await hear(cluster, { sentence, isUsage })) as Error;
  // On rank 0 its own, with what has caused it.
  const thrown = cluster.rank === 0 && error instanceof Error ? error : told;
  known.add(thrown);
  throw thrown;
}

/** Waits for all others. @throws what keeps the first of them from going on, if anything does. */
export async function meet(cluster: Cluster): Promise<void> {
  const told = await hear(cluster, null);
  if (told === null) return;
  known.add(told);
  throw told;
}

/** Errors that all ranks have thrown together. */
const known = new WeakSet<Error>();

export const isKnownToAll = (error: unknown): boolean => error instanceof Error && known.has(error);

/** What keeps a rank from going on, in words that the others can repeat. */
interface Obstacle {
  readonly sentence: string;
  readonly isUsage: boolean;
}

async function hear({ fromAll, ranks, hosts }: Cluster, own: Obstacle | null): Promise<Error | null> {
  const all = await fromAll(own);
  const first = all.findIndex((obstacle) => obstacle !== null);
  const obstacle = all[first];
  if (obstacle === undefined || obstacle === null) return null;
  const { sentence, isUsage } = obstacle;
  const alike = [...all.keys()].filter((rank) => all[rank]?.sentence === sentence);
  const places = [...new Set(alike.map((rank) => hosts[rank]))].join(', ');
  // What rank 0 has, it says as a process by itself does.
  const message = first === 0 ? sentence : `${namesOf(alike, ranks)} (${places}): ${sentence}`;
  return isUsage ? new UsageError(message) : new Error(message);
}
