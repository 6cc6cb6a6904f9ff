import { OptionError } from '@gradloom/core';
import { checkKeys, option, show, showPath } from '@gradloom/core/internal';
import { isSocket } from '../../system/files/file-system.ts';
import { stateOf, thisProcess } from '../../system/files/process-identity.ts';
import type { Cluster, Connection } from '../cluster.ts';
import { coreShares, idleCores, reportMachine } from '../core-share.ts';
import { createCollectives } from './collectives.ts';
import { findMpi, rankCount, startedBy } from './find-mpi.ts';
import { allocateLedger, openLedger } from './ledger.ts';
import type { MpiLibrary } from './mpi-library.ts';

/** Options of `openCluster`. */
export interface ClusterOptions {
  /** Longest time that a rank waits for others, in milliseconds. @default 300000 */
  timeLimitMs?: number;
  /** Path of the MPI library. @default GRADLOOM_MPI, else the first that the system finds by name */
  path?: string;
}

/**
 * Joins the ranks that mpirun, srun or another MPI launcher has started together with this process; a process started
 * alone is a cluster of one. Can be called once per process.
 * @throws Error if no MPI library is installed, or not the one whose mpirun has started the process.
 */
export async function openCluster(options: ClusterOptions = {}): Promise<Cluster> {
  checkKeys('openCluster', options, ['timeLimitMs', 'path']);
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
  const { begin, ...collectives } = createCollectives(mpi, ledger, connection);
  const members = await begin({ machine: reportMachine(), process: thisProcess() });
  const machines = members.map(({ machine }) => machine);
  const localRanks = [...members.keys()].filter((other) => stateOf(members[other].process) !== 'elsewhere');
  const dead = (): number[] => localRanks.filter((other) => stateOf(members[other].process) === 'dead');
  const unwatch = watchDeaths(dead, ledger.recordDead);
  return {
    rank,
    ranks,
    connection,
    library: `${mpi.name} ${mpi.version}`,
    hosts: machines.map(({ host }) => host),
    cores: coreShares(machines)[rank],
    idleCores: idleCores(machines)[rank],
    dead,
    ...collectives,
    async close() {
      try {
        await collectives.close();
      } finally {
        unwatch();
      }
    },
  };
}

/** Time between two checks of the other ranks' processes. */
const CHECK_MS = 1000;

/** Checks that must miss a process before it counts as dead: most launchers end the job before, and say how it died. */
const MIN_MISSES = 3;

/**
 * Watches for ranks that have died: not every launcher tells the others, which would wait until the time limit. Calls
 * `report` with them. Does not keep the process alive. Returns a function that ends the watch.
 */
export function watchDeaths(deaths: () => readonly number[], report: (ranks: readonly number[]) => void): () => void {
  let misses = 0;
  const timer = setInterval(() => {
    const ranks = deaths();
    misses = ranks.length === 0 ? 0 : misses + 1;
    if (misses >= MIN_MISSES) report(ranks);
  }, CHECK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** MPI_THREAD_SERIALIZED: several threads may call MPI, one at a time. */
const SERIALIZED = 2;

/** Initializes MPI in this process. @throws Error if there is no MPI, or not the one that started the process. */
function startMpi(path: string | undefined): { mpi: MpiLibrary; rank: number; ranks: number } {
  const { library: mpi, reason } = findMpi({ path });
  if (mpi === null) throw new Error(reason);
  const library = `${mpi.name} ${mpi.version}`;
  const word = new Int32Array(new SharedArrayBuffer(4));
  mpi.call('MPI_Initialized', word);
  if (word[0] !== 0) throw new Error(`cluster: ${library} is started already, expected one cluster in a process`);
  refuseClosed(mpi);
  mpi.call('MPI_Init_thread', null, null, SERIALIZED, word);
  const [level] = word;
  if (level < SERIALIZED) {
    throw new Error(`cluster: ${library} has thread level ${level}, expected ${SERIALIZED} (MPI_THREAD_SERIALIZED)`);
  }
  const { world, errorsReturn } = mpi.handles;
  mpi.call('MPI_Comm_set_errhandler', world, errorsReturn);
  mpi.call('MPI_Comm_rank', world, word);
  const [rank] = word;
  mpi.call('MPI_Comm_size', world, word);
  const [ranks] = word;
  const startedRanks = rankCount(process.env);
  if (startedRanks !== null && startedRanks !== ranks) {
    const byLauncher = startedBy(process.env) === null ? `give srun --mpi=${mpi.family.slurmName}, or ` : '';
    const advice = `${byLauncher}set GRADLOOM_MPI to the library of the mpirun that you use`;
    const ranksText = ranks === 1 ? '1 rank' : `${ranks} ranks`;
    throw new Error(
      `cluster: ${library} (${showPath(mpi.path)}) sees ${ranksText}, expected the ${startedRanks} started (${advice})`,
    );
  }
  return { mpi, rank, ranks };
}

/** A Node program such as npx closes the socket to mpirun that it inherits: MPICH would then end this process. */
function refuseClosed({ name, family: { socketVariable: socket } }: MpiLibrary): void {
  const number = socket === null ? undefined : process.env[socket];
  if (number === undefined || isSocket(Number(number))) return;
  const advice = 'npx closes it: let mpirun start gradloom itself, such as node_modules/.bin/gradloom';
  throw new Error(`cluster: ${socket} has ${number}, expected a socket to the mpirun of ${name} (${advice})`);
}
