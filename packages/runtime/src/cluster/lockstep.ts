import type { Cluster, Transfer } from './cluster.ts';

/**
 * How the ranks of a run keep in step. All ranks go through the same spans, evaluations and checkpoints, and make the
 * same calls here in the same order; a run without a cluster is one rank that agrees with itself. Ranks agree here on
 * everything that depends on time, a signal or one machine; the rest follows from numbers that all ranks have.
 */
export interface Lockstep {
  readonly rank: number;
  readonly ranks: number;
  readonly isFirst: boolean; // rank 0, which reports and writes
  readonly cluster: Cluster | null;
  /** The value of rank 0. */
  fromFirst<T>(value: T): Promise<T>;
  /** The values of all ranks, in order. */
  fromAll<T>(value: T): Promise<readonly T[]>;
  /** Moves numbers between ranks. */
  move(transfers: readonly Transfer[]): Promise<void>;
}

/** For a process that trains or evaluates alone. */
export const alone: Lockstep = {
  rank: 0,
  ranks: 1,
  isFirst: true,
  cluster: null,
  fromFirst: async (value) => value,
  fromAll: async (value) => [value],
  move: async () => {},
};

export function createLockstep(cluster: Cluster | null): Lockstep {
  if (cluster === null) return alone;
  const { rank, ranks, fromFirst, fromAll, move } = cluster;
  return { rank, ranks, isFirst: rank === 0, cluster, fromFirst, fromAll, move };
}
