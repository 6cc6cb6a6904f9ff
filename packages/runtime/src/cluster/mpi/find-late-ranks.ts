import { setTimeout as sleep } from 'node:timers/promises';
import { show } from '@gradloom/core/internal';
import type { Cluster } from '../cluster.ts';
import { type ClusterError, lateError } from '../cluster-error.ts';
import { TAGS } from './exchange.ts';
import { openMpi } from './find-mpi.ts';
import { createMailbox, fromBytes, toBytes } from './mailbox.ts';

export interface LateRanks {
  readonly error: ClusterError; // this rank's error, naming the ranks that did not answer
  readonly reporter: number; // the first rank that answers
}

/**
 * Exchanges with all ranks which ones each has waited for in vain. If a rank waited for one that itself waited, the
 * error names the last of the chain. Takes `waitMs`, or until all living ranks have answered. Called by ranks whose
 * call was late, before they end.
 */
export async function findLateRanks(cluster: Cluster, error: ClusterError, waitMs: number): Promise<LateRanks> {
  if (!(cluster?.connection?.ledger instanceof SharedArrayBuffer)) {
    throw new Error(`findLateRanks: cluster has ${show(cluster)}, expected one that openCluster made`);
  }
  const { rank, ranks, connection } = cluster;
  const mailbox = createMailbox(openMpi(connection.path));
  const allRanks = Array.from({ length: ranks }, (_, other) => other);
  const deadRanks = cluster.dead();
  const living = allRanks.filter((other) => !deadRanks.includes(other));
  const awaitedBy = new Map([[rank, error.ranks]]);
  for (const other of allRanks) if (other !== rank) mailbox.send(other, TAGS.late, toBytes(error.ranks));
  for (const begun = performance.now(); performance.now() - begun < waitMs; await sleep(1)) {
    mailbox.isSent(); // lets the messages progress
    for (const other of allRanks) {
      const message = awaitedBy.has(other) ? null : mailbox.receive(other, TAGS.late);
      if (message !== null) awaitedBy.set(other, fromBytes(message.bytes, other) as readonly number[]);
    }
    if (living.every((other) => awaitedBy.has(other))) break;
  }
  const awaitedRanks = new Set([...awaitedBy.values()].flat());
  const lateRanks = allRanks.filter((other) => awaitedRanks.has(other) && !awaitedBy.has(other));
  const reporter = Math.min(...awaitedBy.keys());
  if (lateRanks.length === 0 || error.lateness === undefined) return { error, reporter };
  return { error: lateError(lateRanks, ranks, error.lateness, { cause: error }), reporter };
}
