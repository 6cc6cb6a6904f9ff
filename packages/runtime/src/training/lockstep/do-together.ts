import { reasonOf, show } from '@gradloom/core/internal';
import type { Cluster } from '../../cluster/cluster.ts';
import { ClusterError, namesOf } from '../../cluster/cluster-error.ts';
import type { Lockstep } from '../../cluster/lockstep.ts';
import { ThreadError } from '../../engine/threads/span.ts';

/** A layer refuses a row of a step. The rank that has the row reports it to all. */
export class RowRefusal extends Error {
  readonly steps: number; // steps done in the span, including this one

  constructor(steps: number) {
    super('a layer cannot take a row');
    this.steps = steps;
  }
}

/** Status that a rank reports after a failure. */
export type RankStatus =
  | { readonly kind: 'thread'; readonly problem: string; readonly steps: number } // a thread failed: work is repeated
  | { readonly kind: 'refusal'; readonly steps: number }
  | { readonly kind: 'end'; readonly message: string } // the rank ends the run
  | null; // the rank has not failed

/**
 * Does work that all ranks do. If it fails on one rank, it fails on all, when no thread of any rank is working: with
 * the ThreadError or RowRefusal of the first rank that had one, or a ClusterError if a rank gives up.
 * @throws what `work` rejects with.
 */
export async function doTogether<T>({ cluster }: Lockstep, work: () => Promise<T>): Promise<T> {
  if (cluster === null) return await work();
  try {
    const value = await work();
    // Another rank may have failed unnoticed, where this rank did not wait for it.
    await cluster.fromAll(null);
    return value;
  } catch (error) {
    if (error instanceof ThreadError)
      return failTogether(cluster, { kind: 'thread', problem: error.problem, steps: error.steps });
    if (error instanceof RowRefusal) return failTogether(cluster, { kind: 'refusal', steps: error.steps });
    if (error instanceof ClusterError && !error.isLate) throw await failureOf(cluster, null, error);
    throw error;
  }
}

async function failTogether(cluster: Cluster, status: Exclude<RankStatus, null | { kind: 'end' }>): Promise<never> {
  cluster.fail(status.kind === 'thread' ? `pool: ${status.problem}` : 'a layer cannot take a row');
  throw await failureOf(cluster, status);
}

/** The error that all ranks agree on; if they cannot agree, the error that prevented it. */
async function failureOf(cluster: Cluster, status: RankStatus, clusterError?: ClusterError): Promise<Error> {
  const error = await cluster.recover(status).then((statuses) => agreedOn(cluster, statuses, clusterError), asError);
  // All ranks know this error: `endTogether` need not report it.
  if (error instanceof ClusterError) knownErrors.add(error);
  return error;
}

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));

function agreedOn(cluster: Cluster, statuses: readonly RankStatus[], clusterError: ClusterError | undefined): Error {
  for (const kind of ['end', 'thread', 'refusal'] as const) {
    const rank = statuses.findIndex((status) => status?.kind === kind);
    const status = statuses[rank] ?? null;
    if (status === null) continue;
    if (status.kind === 'refusal') return new RowRefusal(status.steps);
    const failedRank = namesOf([rank], cluster.ranks);
    if (status.kind === 'end') return new ClusterError(`cluster: ${failedRank} has failed: ${status.message}`, [rank]);
    return new ThreadError(`${failedRank}: ${status.problem}`, status.steps, clusterError);
  }
  return clusterError ?? new ClusterError('cluster: a rank has failed, and no rank says why');
}

/** Errors that all ranks already know. */
const knownErrors = new WeakSet<Error>();

/**
 * Tells the other ranks that this one gives up, unless all give up because of another rank's report; all of them then
 * agree that the run is over. Called on each rank with the error that ends the work of a cluster.
 */
export async function endTogether(cluster: Cluster | null, error: unknown): Promise<void> {
  if (cluster !== null && typeof cluster?.fail !== 'function') {
    throw new Error(`endTogether: cluster has ${show(cluster)}, expected one that openCluster opened, or null`);
  }
  if (cluster === null || isKnown(error) || (error instanceof ClusterError && error.isLate)) return;
  if (error instanceof Error) knownErrors.add(error);
  // An MPI error may have occurred on this rank alone.
  const isOfAnother = error instanceof ClusterError && cluster.trouble() !== null;
  const message = reasonOf(error);
  if (!isOfAnother) cluster.fail(message);
  await cluster.recover<RankStatus>(isOfAnother ? null : { kind: 'end', message }).catch(() => {});
}

/** Whether all ranks know an error, or the cause of it. */
const isKnown = (error: unknown): boolean => error instanceof Error && (knownErrors.has(error) || isKnown(error.cause));
