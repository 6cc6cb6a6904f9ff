import { setTimeout as sleep } from 'node:timers/promises';
import { show } from '@gradloom/core/internal';
import type { Cluster } from '../cluster.ts';
import { ClusterError, namesOf } from '../cluster-error.ts';
import { TAGS } from './exchange.ts';
import { openMpi } from './find-mpi.ts';
import { createMail, fromBytes, toBytes } from './mail.ts';

/** Result when ranks were waited for in vain. */
export interface Late {
  /** This rank's error, naming the ranks that did not answer. */
  readonly error: ClusterError;
  /** The first rank that answers. */
  readonly speaker: number;
}

/**
 * Tells all ranks which ones this rank waited for in vain, and hears the same from them. If a rank waits for one that
 * itself waits, the error names the last of the chain. Takes `patienceMs`, or until all living ranks have answered.
 * Called by ranks whose call was late, before they end.
 */
export async function hearLate(cluster: Cluster, error: ClusterError, patienceMs: number): Promise<Late> {
  if (!(cluster?.connection?.ledger instanceof SharedArrayBuffer)) {
    throw new Error(`hearLate: cluster has ${show(cluster)}, expected one that openCluster made`);
  }
  const { rank, ranks, connection } = cluster;
  const mail = createMail(openMpi(connection.path));
  const all = Array.from({ length: ranks }, (_, other) => other);
  const dead = cluster.dead();
  const living = all.filter((other) => !dead.includes(other));
  const said = new Map([[rank, error.ranks]]);
  for (const other of all) if (other !== rank) mail.send(other, TAGS.late, toBytes(error.ranks));
  for (const begun = performance.now(); performance.now() - begun < patienceMs; await sleep(1)) {
    mail.isSent();
    for (const other of all) {
      const letter = said.has(other) ? null : mail.take(other, TAGS.late);
      if (letter !== null) said.set(other, fromBytes(letter.bytes, other) as readonly number[]);
    }
    if (living.every((other) => said.has(other))) break;
  }
  const awaited = new Set([...said.values()].flat());
  const named = all.filter((other) => awaited.has(other) && !said.has(other));
  const speaker = Math.min(...said.keys());
  if (named.length === 0) return { error, speaker };
  const message = error.message.replace(namesOf(error.ranks, ranks), namesOf(named, ranks));
  return { error: new ClusterError(message, named, { isLate: true, cause: error }), speaker };
}
