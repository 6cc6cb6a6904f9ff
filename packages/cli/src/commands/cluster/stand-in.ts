import type { Cluster } from '@gradloom/runtime';
import { namesOf } from '@gradloom/runtime/internal';
import { type Io, printLines } from '../../terminal/io.ts';
import { describeLast } from './describe-loss.ts';
import { hydraRank } from './hydra.ts';

/** Until a process that a signal has ended is gone to others. */
const GONE_MS = 50;

/**
 * Rank 0 says that another rank has died, when a launcher asks all to end because of it; where rank 0 itself has died,
 * the first that lives says so. Under Hydra the dead rank's own watch does. Returns what ends this.
 */
export function standIn(cluster: Cluster, where: string, last: string | null, io: Io): () => void {
  if (cluster.rank === 0 || hydraRank(io.env) !== null) return () => {};
  let timer: NodeJS.Timeout | undefined;
  const say = (): boolean => {
    const dead = cluster.dead();
    if (!dead.includes(0)) return false;
    const first = Array.from({ length: cluster.ranks }, (_, rank) => rank).find((rank) => !dead.includes(rank));
    const has = dead.length === 1 ? 'has' : 'have';
    const sentence = `${where}: ${namesOf(dead, cluster.ranks)} (${cluster.hosts[0]}) ${has} died; ${describeLast(last)}`;
    if (first === cluster.rank) printLines(io.stderr, [sentence]);
    return true;
  };
  const hear = (): void => {
    if (!say()) timer = setTimeout(say, GONE_MS);
    // Where nothing else listens yet, the signal has its usual effect.
    if (process.listenerCount('SIGTERM') === 0) process.kill(process.pid, 'SIGTERM');
  };
  process.once('SIGTERM', hear);
  return () => {
    process.removeListener('SIGTERM', hear);
    clearTimeout(timer);
  };
}
