import type { Cluster, Connection } from '../../cluster/cluster.ts';

/** What a step needs to know about the ranks; equal on all ranks except for rank-specific fields. */
export interface ClusterShape {
  readonly connection: Connection;
  /** Threads of each rank, by which leaves are dealt. */
  readonly threadsOf: readonly number[];
  /** Cores of this rank: if each thread has one, threads spin while they wait. @default all of the machine */
  readonly cores?: number;
  /** Ranks on this rank's machine, which share its memory. @default 1 */
  readonly ranksHere?: number;
  /** Whether gradients are exchanged while later ones are still computed. */
  readonly overlap: boolean;
  /** Least number of parameters in a bucket, which is exchanged as a whole. @default LEAST_BUCKET */
  readonly minBucketParameters?: number;
}

/** The shape of a cluster; null for a single rank, which takes steps as without a cluster. */
export function clusterShape(
  { connection, cores, hosts, rank, ranks }: Cluster,
  threadsOf: readonly number[],
  overlap: boolean,
): ClusterShape | null {
  if (ranks === 1) return null;
  const ranksHere = hosts.filter((host) => host === hosts[rank]).length;
  return { connection, threadsOf, overlap, cores, ranksHere };
}
