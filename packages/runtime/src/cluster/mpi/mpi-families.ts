import type { NativeLibrary } from '../../system/native/koffi.ts';

/** What C calls a handle: an address, or a number. */
export type Handle = unknown;

/** Handles that every program needs. */
export interface MpiHandles {
  readonly world: Handle; // all ranks
  readonly byte: Handle;
  readonly errorsReturn: Handle;
}

/** Libraries with the same binary interface: what mpi.h says differs from one family to another. */
export interface MpiFamily {
  /** Names by which the system may know it, in the order to try. */
  readonly names: Partial<Record<NodeJS.Platform, readonly string[]>>;
  /** Debian's package. */
  readonly debian: string;
  /** Variables of the environment with the number of ranks, which its own mpirun sets. */
  readonly counts: readonly string[];
  /** The same of which rank of its machine a process is, from 0. */
  readonly localRank: string;
  /** How Slurm's srun starts its ranks, as in --mpi=pmix. */
  readonly slurm: string;
  /** Variable of the environment with the number of a socket to its mpirun, which its processes are given open. */
  readonly socket: string | null;
  /** Its version, as MPI_Get_library_version says it, or null where that text is another family's. */
  describe(text: string): string | null;
  readonly handleType: string; // in C
  readonly requestBytes: number; // of a handle
  readonly anySource: number;
  readonly ignoreStatus: number; // MPI_STATUS_IGNORE, MPI_STATUSES_IGNORE
  readonly sourceWord: number; // place of MPI_SOURCE in a status, in words of 32 bits; MPI_TAG is behind it
  handles(library: NativeLibrary): MpiHandles;
}

export const mpiFamilies = {
  'Open MPI': {
    names: { linux: ['libmpi.so.40', 'libmpi.so'], darwin: ['libmpi.40.dylib', 'libmpi.dylib'] },
    debian: 'openmpi-bin',
    counts: ['OMPI_COMM_WORLD_SIZE'],
    localRank: 'OMPI_COMM_WORLD_LOCAL_RANK',
    slurm: 'pmix',
    socket: null,
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
    // libmpi.so.12 is what its relatives are called, which keep to its binary interface: Intel MPI, MVAPICH, Cray's.
    names: { linux: ['libmpich.so.12', 'libmpi.so.12'], darwin: ['libmpi.12.dylib', 'libmpich.12.dylib'] },
    debian: 'mpich',
    counts: ['PMI_SIZE', 'MPI_LOCALNRANKS'],
    localRank: 'MPI_LOCALRANKID',
    slurm: 'pmi2',
    socket: 'PMI_FD',
    describe: (text) =>
      /^(?:MPICH|MVAPICH)\S* Version\s*:\s*(\S+)/.exec(text)?.[1] ??
      /^Intel\(R\) MPI Library (\S+)/.exec(text)?.[1] ??
      null,
    handleType: 'int',
    requestBytes: 4,
    anySource: -2,
    ignoreStatus: 1,
    sourceWord: 2,
    handles: () => ({
      world: 0x44000000,
      byte: 0x4c00010d,
      errorsReturn: 0x54000001,
    }),
  },
} satisfies Record<string, MpiFamily>;

export type MpiName = keyof typeof mpiFamilies;
export const mpiNames = Object.keys(mpiFamilies) as MpiName[];
