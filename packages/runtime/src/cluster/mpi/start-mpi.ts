import { showPath } from '@gradloom/core/internal';
import { isSocket } from '../../system/files/file-system.ts';
import { findMpi, rankCount, startedBy } from './find-mpi.ts';
import type { MpiLibrary } from './mpi-library.ts';

/** MPI_THREAD_SERIALIZED: several threads may call MPI, one at a time. */
const SERIALIZED = 2;

export interface Started {
  readonly mpi: MpiLibrary;
  readonly rank: number;
  readonly ranks: number;
}

/** Initializes MPI in this process. @throws Error if there is no MPI, or not the one that started the process. */
export function startMpi(path: string | undefined): Started {
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
  const told = rankCount(process.env);
  if (told !== null && told !== ranks) {
    const byLauncher = startedBy(process.env) === null ? `give srun --mpi=${mpi.family.slurm}, or ` : '';
    const advice = `${byLauncher}set GRADLOOM_MPI to the library of the mpirun that you use`;
    const seen = ranks === 1 ? '1 rank' : `${ranks} ranks`;
    throw new Error(
      `cluster: ${library} (${showPath(mpi.path)}) sees ${seen}, expected the ${told} started (${advice})`,
    );
  }
  return { mpi, rank, ranks };
}

/**
 * A Node program between mpirun and this process, such as npx, closes the inherited socket. MPICH would then end the
 * process.
 */
function refuseClosed({ name, family: { socket } }: MpiLibrary): void {
  const number = socket === null ? undefined : process.env[socket];
  if (number === undefined || isSocket(Number(number))) return;
  const advice = 'npx closes it: let mpirun start gradloom itself, such as node_modules/.bin/gradloom';
  throw new Error(`cluster: ${socket} has ${number}, expected a socket to the mpirun of ${name} (${advice})`);
}
