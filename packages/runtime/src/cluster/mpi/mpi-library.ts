import { type Koffi, libraryPath, type NativeFunction, type NativeLibrary } from '../../system/native/koffi.ts';
import { ClusterError } from '../cluster-error.ts';
import { type MpiFamily, type MpiHandles, type MpiName, mpiFamilies, mpiNames } from './mpi-families.ts';

/** The MPI functions in use, with their parameter types; each returns an error code. */
const signatures = {
  MPI_Init_thread: ['void *', 'void *', 'int', 'void *'],
  MPI_Initialized: ['void *'],
  MPI_Finalize: [],
  MPI_Abort: ['handle', 'int'],
  MPI_Comm_rank: ['handle', 'void *'],
  MPI_Comm_size: ['handle', 'void *'],
  MPI_Comm_set_errhandler: ['handle', 'handle'],
  MPI_Error_string: ['int', 'void *', 'void *'],
  MPI_Isend: ['void *', 'int', 'handle', 'int', 'int', 'handle', 'void *'],
  MPI_Irecv: ['void *', 'int', 'handle', 'int', 'int', 'handle', 'void *'],
  MPI_Send_init: ['void *', 'int', 'handle', 'int', 'int', 'handle', 'void *'],
  MPI_Recv_init: ['void *', 'int', 'handle', 'int', 'int', 'handle', 'void *'],
  MPI_Start: ['void *'],
  MPI_Test: ['void *', 'void *', 'intptr_t'],
  MPI_Testall: ['int', 'void *', 'void *', 'intptr_t'],
  MPI_Request_get_status: ['handle', 'void *', 'intptr_t'],
  MPI_Iprobe: ['int', 'int', 'handle', 'void *', 'void *'],
  MPI_Get_count: ['void *', 'handle', 'void *'],
  MPI_Cancel: ['void *'],
  MPI_Request_free: ['void *'],
} satisfies Record<string, readonly string[]>;

type FunctionName = keyof typeof signatures;

/** An MPI library opened in this thread. Its functions cannot be posted to other threads; its path can. */
export interface MpiLibrary {
  readonly name: MpiName;
  readonly version: string;
  readonly path: string; // opens the same library in another thread
  readonly family: MpiFamily;
  readonly handles: MpiHandles;
  /** Calls a function. @throws ClusterError with MPI's error text if it fails. */
  call(name: FunctionName, ...values: unknown[]): void;
  /** The functions themselves, which return 0 or a code for `errorOf`. */
  readonly functions: Readonly<Record<FunctionName, NativeFunction>>;
  /** The error of a function that returned this code. */
  errorOf(name: FunctionName, code: number): ClusterError;
}

/** Binds the functions of an opened library. @throws Error "expected ..." if it is not a supported MPI. */
export function bindMpi(koffi: Koffi, library: NativeLibrary, path: string): MpiLibrary {
  const text = versionText(library);
  const name = mpiNames.find((candidate) => mpiFamilies[candidate].describe(text) !== null);
  if (name === undefined) {
    throw new Error(`expected one of ${mpiNames.join(', ')} (it calls itself ${JSON.stringify(text.slice(0, 60))})`);
  }
  const family: MpiFamily = mpiFamilies[name];
  const bind = ([functionName, parameters]: [string, readonly string[]]): [string, NativeFunction] => {
    const types = parameters.map((type) => (type === 'handle' ? family.handleType : type));
    return [functionName, library.func(functionName, 'int', types)];
  };
  const functions = Object.fromEntries(Object.entries(signatures).map(bind)) as Record<FunctionName, NativeFunction>;
  const errorOf = (failedFunction: FunctionName, code: number): ClusterError => {
    const problem = firstLineOf((text, length) => functions.MPI_Error_string(code, text, length));
    return new ClusterError(`cluster: ${failedFunction} failed: ${problem}`);
  };
  return {
    name,
    version: family.describe(text) ?? '',
    path: libraryPath(koffi, library, 'MPI_Init_thread') ?? path,
    family,
    handles: family.handles(library),
    functions,
    errorOf,
    call(functionName, ...values) {
      const code = Number(functions[functionName](...values));
      if (code !== 0) throw errorOf(functionName, code);
    },
  };
}

/** The first line of the version text, which may be read before MPI is initialized. */
function versionText(library: NativeLibrary): string {
  let read: NativeFunction;
  try {
    read = library.func('MPI_Get_library_version', 'int', ['void *', 'void *']);
  } catch {
    throw new Error('expected a library with MPI_Get_library_version');
  }
  return firstLineOf(read);
}

/** The first line of a text that an MPI function writes. */
function firstLineOf(read: (text: Uint8Array, length: Int32Array) => unknown): string {
  const text = new Uint8Array(new SharedArrayBuffer(8192)); // at least MPI_MAX_LIBRARY_VERSION_STRING
  const length = new Int32Array(new SharedArrayBuffer(4));
  read(text, length);
  return Buffer.from(text.slice(0, length[0])).toString('latin1').split('\n')[0];
}
