import { OptionError } from '@gradloom/core';
import { onlyKeys, option, show } from '@gradloom/core/internal';
import { ownProcess, stateOf } from '../../system/files/process-identity.ts';
import type { Cluster, Connection } from '../cluster.ts';
import { coreShares, idleCores, ownPlace } from '../core-share.ts';
import { allocateLedger, openLedger } from './ledger.ts';
import { startMpi } from './start-mpi.ts';
import { createTalk } from './talk.ts';

/** Options of `openCluster`. */
export interface ClusterOptions {
  /** Longest time that a rank waits for others, in milliseconds. @default 300000 */
  timeLimitMs?: number;
  /**
   * Of the MPI library.
   * @default the environment's GRADLOOM_MPI, else the first that the system finds by name
   */
  path?: string;
}

/**
 * Joins the ranks that mpirun, srun or another launcher of MPI has started together with this process; a process that
 * was started alone is a cluster of one. Once in a process.
 * @throws Error where no MPI library is installed, or not the one whose mpirun has started the process.
 */
export async function openCluster(options: ClusterOptions = {}): Promise<Cluster> {
  onlyKeys('openCluster', options, ['timeLimitMs', 'path']);
  const { timeLimitMs = 300_000, path } = options;
  option.positive.check('openCluster', 'timeLimitMs', timeLimitMs);
  if (path !== undefined && (typeof path !== 'string' || path === '')) {
    throw new OptionError('openCluster', 'path', `has ${show(path)}, expected the path of an MPI library`);
  }
  const { mpi, rank, ranks } = startMpi(path);
  const { requestBytes } = mpi.family;
  const memory = allocateLedger(ranks, requestBytes);
  const ledger = openLedger(memory, ranks, requestBytes);
  const connection: Connection = { rank, ranks, timeLimitMs, path: mpi.path, ledger: memory };
  const { begin, ...talk } = createTalk(mpi, ledger, connection);
  const said = await begin({ place: ownPlace(), process: ownProcess() });
  const places = said.map(({ place }) => place);
  const near = [...said.keys()].filter((other) => stateOf(said[other].process) !== 'elsewhere');
  const dead = (): number[] => near.filter((other) => stateOf(said[other].process) === 'dead');
  const unwatch = watchDeaths(dead, ledger.noteDead);
  return {
    ...{ rank, ranks, connection, library: `${mpi.name} ${mpi.version}` },
    ...{ hosts: places.map(({ host }) => host), cores: coreShares(places)[rank], idleCores: idleCores(places)[rank] },
    dead,
    ...talk,
    async close() {
      try {
        await talk.close();
      } finally {
        unwatch();
      }
    },
  };
}

/** Between two looks at the processes of other ranks. */
const LOOK_MS = 1000;

/** Looks that find a process gone before it counts: most launchers have ended the job by then, and say how it died. */
const LOOKS = 3;

/**
 * Watches for ranks that have died, of which not every launcher tells the others: they would wait until the time limit.
 * Notes them. Does not keep the process from ending. Returns what ends the watch.
 */
export function watchDeaths(dead: () => readonly number[], note: (ranks: readonly number[]) => void): () => void {
  let looks = 0;
  const timer = setInterval(() => {
    const ranks = dead();
    looks = ranks.length === 0 ? 0 : looks + 1;
    if (looks >= LOOKS) note(ranks);
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
