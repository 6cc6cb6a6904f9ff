import type { NativeLibrary } from '../../system/native/koffi.ts';

/** An opaque C handle: an address or a number. */
export type Handle = unknown;

/** Handles that every program needs. */
export interface MpiHandles {
  readonly world: Handle; // all ranks
  readonly byte: Handle;
  readonly errorsReturn: Handle;
}

/** MPI implementations with one binary interface (ABI): constants of mpi.h differ between families. */
export interface MpiFamily {
  readonly libraries: Partial<Record<NodeJS.Platform, readonly string[]>>; // library names to try, in order
  readonly debianPackage: string;
  readonly sizeVariables: readonly string[]; // environment variables in which its mpirun gives the number of ranks
  readonly localRankVariable: string; // environment variable with the rank of a process on its machine, from 0
  readonly slurmName: string; // value of --mpi of Slurm's srun
  /** Environment variable with the file descriptor of a socket to its mpirun, which processes inherit. */
  readonly socketVariable: string | null;
  /** The version in the text of MPI_Get_library_version; null if another family wrote the text. */
  describe(text: string): string | null;
  readonly handleType: string; // C type of a handle
  readonly requestBytes: number; // size of a request handle
  readonly anySource: number;
  readonly ignoreStatus: number; // MPI_STATUS_IGNORE, MPI_STATUSES_IGNORE
  readonly sourceWord: number; // index of MPI_SOURCE in a status, in 32-bit words; MPI_TAG follows it
  handles(library: NativeLibrary): MpiHandles;
}

export const mpiFamilies = {
  'Open MPI': {
    libraries: { linux: ['libmpi.so.40', 'libmpi.so'], darwin: ['libmpi.40.dylib', 'libmpi.dylib'] },
    debianPackage: 'openmpi-bin',
    sizeVariables: ['OMPI_COMM_WORLD_SIZE'],
    localRankVariable: 'OMPI_COMM_WORLD_LOCAL_RANK',
    slurmName: 'pmix',
    socketVariable: null,
    describe: (text) => /^Open MPI v?([^\s,]+)/.exec(text)?.[1] ?? null,
    handleType: 'void *',
    requestBytes: 8,
    anySource: -1,
    ignoreStatus: 0,
    sourceWord: 0,
    handles: (library) => ({
      world: library.symbol('ompi_mpi_comm_world'),
      byte: library.symbol('ompi_mpi_byte'),
      errorsReturn: library.symbol('ompi_mpi_errors_return'),
    }),
  },
  MPICH: {
    // libmpi.so.12 is the name in ABI-compatible implementations: Intel MPI, MVAPICH, Cray's.
    libraries: { linux: ['libmpich.so.12', 'libmpi.so.12'], darwin: ['libmpi.12.dylib', 'libmpich.12.dylib'] },
    debianPackage: 'mpich',
    sizeVariables: ['PMI_SIZE', 'MPI_LOCALNRANKS'],
    localRankVariable: 'MPI_LOCALRANKID',
    slurmName: 'pmi2',
    socketVariable: 'PMI_FD',
    describe: (text) =>
      /^(?:MPICH|MVAPICH)\S* Version\s*:\s*(\S+)/.exec(text)?.[1] ??
      /^Intel\(R\) MPI Library (\S+)/.exec(text)?.[1] ??
      null,
    handleType: 'int',
    requestBytes: 4,
    anySource: -2,
    ignoreStatus: 1,
    sourceWord: 2,
    handles: () => ({ world: 0x44000000, byte: 0x4c00010d, errorsReturn: 0x54000001 }),
  },
} satisfies Record<string, MpiFamily>;

export type MpiName = keyof typeof mpiFamilies;
export const mpiNames = Object.keys(mpiFamilies) as MpiName[];
