import type { Cluster, Connection } from '../../cluster/cluster.ts';

/** The ranks of a run, as its steps see them. */
export interface ClusterShape {
  readonly connection: Connection;
  readonly threadsOf: readonly number[]; // threads of each rank, by which leaves are dealt
  // Cores of this rank: if each thread has one, threads spin while they wait. Default all of the machine.
  readonly cores?: number;
  readonly ranksHere?: number; // ranks on this rank's machine, which share its memory, default 1
  readonly overlap: boolean; // whether gradients are exchanged while later ones are still computed
  readonly minBucketParameters?: number; // of a bucket, which is exchanged as a whole; default MIN_BUCKET_PARAMETERS
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
