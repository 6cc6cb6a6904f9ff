import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, ClusterError, openCluster } from '@gradloom/runtime';
import { endTogether } from '@gradloom/runtime/internal';
import { LATE_CODE } from '../cluster/late-code.ts';
import { watchRank } from '../cluster/watch-rank.ts';
import { describeFailure, exitCodeOf } from '../failure.ts';
import { type Io, printLines } from '../io.ts';

/** Time for the rank that says why all end to say it, before another ends all. */
const LAST_WORDS_MS = 3000;

/**
 * Does work on all ranks of the cluster that this process was started in, and leaves it. Rank 0 alone prints. Resolves
 * to the exit code; what fails on one rank fails on all, and is said once.
 */
export async function onAllRanks(
  timeLimitSeconds: number | undefined,
  io: Io,
  work: (cluster: Cluster, io: Io) => Promise<number>,
  last: string | null = null, // file of the last checkpoint, which is named where this rank dies
): Promise<number> {
  const unwatch = watchRank(last, io.env);
  try {
    const cluster = await openCluster(timeLimitSeconds === undefined ? {} : { timeLimitMs: timeLimitSeconds * 1000 });
    const own = cluster.rank === 0 ? io : { ...io, stdout: nowhere(), stderr: nowhere() };
    try {
      const code = await work(cluster, own);
      await cluster.close();
      return code;
    } catch (error) {
      if (error instanceof ClusterError && error.isLate) {
        await sayLate(cluster, error, io);
        unwatch();
        return cluster.abort(LATE_CODE);
      }
      await endTogether(cluster, error);
      await cluster.close();
      if (cluster.rank === 0) throw error;
      return exitCodeOf(error);
    }
  } finally {
    unwatch();
  }
}

/** Before all are ended, since those that are late cannot be asked to: the first that is not late says why. */
async function sayLate(cluster: Cluster, error: ClusterError, io: Io): Promise<void> {
  const speaker = Array.from({ length: cluster.ranks }, (_, rank) => rank).find((rank) => !error.ranks.includes(rank));
  if (speaker === cluster.rank) printLines(io.stderr, describeFailure('gradloom train', error, false));
  else await sleep(LAST_WORDS_MS);
}

const nowhere = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });
