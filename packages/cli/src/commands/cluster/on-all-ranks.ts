import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, ClusterError, openCluster } from '@gradloom/runtime';
import { endTogether, findLateRanks, localRank, namesOf, rankCount } from '@gradloom/runtime/internal';
import type { Request } from '../../options/raw-options.ts';
import { describeFailure, exitCodeOf } from '../../terminal/failure.ts';
import { type Io, printLines } from '../../terminal/io.ts';
import { describeCheckpoint, LATE_CODE } from './describe-death.ts';
import { endUnderHydra, hydraRank, readByHydra, watchRank } from './hydra.ts';
import { awaitRanks, failTogether, isKnownToAll } from './on-each-rank.ts';

/** Time for the first rank to print the error and end all ranks. After it, the other ranks print it themselves. */
const LAST_WORDS_MS = 3000;

/**
 * Does work on all ranks of the cluster that this process belongs to, then leaves the cluster. Only rank 0 prints.
 * Resolves to the exit code. An error of one rank fails all ranks, and is printed once.
 */
export async function onAllRanks(
  timeLimitSeconds: number | undefined,
  request: Pick<Request, 'args'>,
  io: Io,
  work: (cluster: Cluster, io: Io) => Promise<number>,
  lastCheckpoint: string | null = null, // file of the last checkpoint, named in errors if a rank dies
): Promise<number> {
  hasOpened = true;
  const where = `gradloom ${request.args[0]}`;
  const unwatch = watchRank(lastCheckpoint, io.env);
  try {
    const cluster = await openCluster(timeLimitSeconds === undefined ? {} : { timeLimitMs: timeLimitSeconds * 1000 });
    const rankIo = cluster.rank === 0 ? io : { ...io, stdout: discardingStream(), stderr: discardingStream() };
    const release = announceDeathOfFirst(cluster, where, lastCheckpoint, io);
    try {
      await awaitRanks(cluster);
      const code = await work(cluster, rankIo);
      await cluster.close();
      return code;
    } catch (error) {
      if (error instanceof ClusterError && error.isLate) {
        await printLateError(cluster, where, error, lastCheckpoint, io);
        unwatch();
        await readByHydra(io.env); // the launcher of MPICH, which drops output that it has not read yet
        return cluster.abort(LATE_CODE);
      }
      if (!isKnownToAll(error)) await endTogether(cluster, error);
      // Printed before leaving: a launcher ends all ranks when one ends with an exit code.
      printLines(rankIo.stderr, describeFailure(where, error, request.args.includes('--verbose')));
      await cluster.close();
      return exitCodeOf(error);
    } finally {
      release();
    }
  } finally {
    unwatch();
  }
}

/** A process can join a cluster only once. */
let hasOpened = false;

/**
 * Ends all ranks started together, when this one cannot begin: others may have the same error, or wait for this rank.
 * Only rank 0 prints the error. If ranks cannot join, such as without an MPI library, the first rank of each machine
 * prints it, and its launcher then ends the others; if it does not, they print their own errors. Resolves to the exit
 * code.
 */
export async function failOnAllRanks(
  error: unknown,
  env: Io['env'],
  printError: (error: unknown) => void,
): Promise<number> {
  const isAlone = (rankCount(env) ?? 1) === 1;
  const cluster = isAlone || hasOpened ? null : await openCluster().catch(() => null);
  hasOpened = true;
  const sharedError = cluster === null ? error : await failTogether(cluster, error).catch((reason: unknown) => reason);
  if (cluster === null && !isAlone && (localRank(env) ?? 0) > 0) await sleep(LAST_WORDS_MS);
  if (cluster === null || cluster.rank === 0) printError(sharedError);
  if (cluster === null && !isAlone) await endUnderHydra(env, exitCodeOf(sharedError));
  if (cluster !== null && isKnownToAll(sharedError)) await cluster.close();
  return exitCodeOf(sharedError);
}

/**
 * Prints why all ranks are about to end. Late or dead ranks cannot, so the first of the other ranks does. If that one
 * fails to, each of the others does.
 */
async function printLateError(
  cluster: Cluster,
  where: string,
  clusterError: ClusterError,
  lastCheckpoint: string | null,
  io: Io,
): Promise<void> {
  const { error, reporter } = await findLateRanks(cluster, clusterError, LAST_WORDS_MS);
  const checkpointText = lastCheckpoint === null ? '' : `; ${describeCheckpoint(lastCheckpoint)}`;
  const lines = describeFailure(where, error).map((line) => `${line}${checkpointText}`);
  if (reporter !== cluster.rank) await sleep(LAST_WORDS_MS);
  printLines(io.stderr, lines);
}

const discardingStream = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });

/** Time until a process that a signal ended looks dead to others. */
const GONE_MS = 50;

/**
 * When a launcher asks all ranks to end because one has died, rank 0 says so. If rank 0 itself has died, the first
 * living rank does. Under Hydra the dead rank's own watch does. Returns a function that removes the listener.
 */
function announceDeathOfFirst(cluster: Cluster, where: string, lastCheckpoint: string | null, io: Io): () => void {
  if (cluster.rank === 0 || hydraRank(io.env) !== null) return () => {};
  let timer: NodeJS.Timeout | undefined;
  const announce = (): boolean => {
    const deadRanks = cluster.dead();
    if (!deadRanks.includes(0)) return false;
    const firstLiving = Array.from({ length: cluster.ranks }, (_, rank) => rank).find(
      (rank) => !deadRanks.includes(rank),
    );
    const has = deadRanks.length === 1 ? 'has' : 'have';
    const sentence = `${where}: ${namesOf(deadRanks, cluster.ranks)} (${cluster.hosts[0]}) ${has} died; ${describeCheckpoint(lastCheckpoint)}`;
    if (firstLiving === cluster.rank) printLines(io.stderr, [sentence]);
    return true;
  };
  const onTerminate = (): void => {
    if (!announce()) timer = setTimeout(announce, GONE_MS);
    // If nothing else listens for the signal, it keeps its usual effect.
    if (process.listenerCount('SIGTERM') === 0) process.kill(process.pid, 'SIGTERM');
  };
  process.once('SIGTERM', onTerminate);
  return () => {
    process.removeListener('SIGTERM', onTerminate);
    clearTimeout(timer);
  };
}
