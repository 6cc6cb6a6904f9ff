import type { Connection } from '../cluster.ts';
import { ClusterError, namesOf } from '../cluster-error.ts';
import { type Ledger, TROUBLE } from './ledger.ts';

/** What a process knows to have gone wrong, as an error; null where nothing has. */
export function troubleOf(ledger: Ledger, { rank, ranks, timeLimitMs }: Connection): ClusterError | null {
  if (ledger.trouble === TROUBLE.failure) {
    const { rank: failed, message } = ledger.failure();
    const who = failed === rank ? 'this rank' : namesOf([failed], ranks);
    return new ClusterError(`cluster: ${who} has failed: ${message}`, [failed]);
  }
  if (ledger.trouble === TROUBLE.dead) {
    const died = ledger.died();
    const have = died.length === 1 ? 'has died' : 'have died';
    return new ClusterError(`cluster: ${namesOf(died, ranks)} ${have}`, died, { isLate: true });
  }
  if (ledger.trouble !== TROUBLE.late) return null;
  const late = ledger.late();
  const limit = `within ${timeLimitMs / 1000} s`;
  return new ClusterError(`cluster: ${namesOf(late, ranks)} did not deliver numbers of a step ${limit}`, late, {
    isLate: true,
  });
}
