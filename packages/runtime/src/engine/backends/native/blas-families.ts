import { cpus, release } from 'node:os';
import { findFunction, type NativeLibrary } from '../../../system/native/koffi.ts';

/** Identity of a loaded library. */
export interface BlasDescription {
  readonly version: string;
  readonly core: string; // kernels chosen for this CPU, or the CPU's name if the library does not say
  readonly integerBits: number; // bits of the sizes that its products take
  /** Sets the threads per call: in some builds for the whole process, in others for the calling thread. */
  setThreads(count: number): void;
}

export interface BlasFamily {
  readonly mark: string; // a symbol that only this library exports
  describe(library: NativeLibrary): BlasDescription;
}

/** BLAS libraries that can be limited to one thread. Netlib's reference BLAS, slower than wasm, is not among them. */
export const blasFamilies = {
  OpenBLAS: {
    mark: 'openblas_get_config',
    describe(library) {
      const config = String(library.func('const char *openblas_get_config()')());
      const threads = library.func('int openblas_get_num_threads()');
      const setThreads = library.func('void openblas_set_num_threads(int)');
      // A build with OpenMP uses the OpenMP thread count of the calling thread and ignores openblas_set_num_threads.
      const openMp = library.func('int openblas_get_parallel()')() === 2;
      const setOpenMp = openMp ? library.func('void omp_set_num_threads(int)') : null;
      return {
        version: /^OpenBLAS (\S+)/.exec(config)?.[1] ?? config,
        core: String(library.func('const char *openblas_get_corename()')()),
        integerBits: config.includes('USE64BITINT') ? 64 : 32,
        setThreads(count) {
          setOpenMp?.(count);
          // A process-wide setting is written only if it differs, since other threads may be inside a product.
          if (threads() !== count) setThreads(count);
        },
      };
    },
  },
  BLIS: {
    mark: 'bli_info_get_version_str',
    describe(library) {
      const setThreads = library.func('void bli_thread_set_num_threads(int64_t)'); // applies to the calling thread
      const arch = library.func('int bli_arch_query_id()')();
      return {
        version: String(library.func('const char *bli_info_get_version_str()')()),
        core: String(library.func('const char *bli_arch_string(int)')(arch)),
        integerBits: Number(library.func('int64_t bli_info_get_blas_int_type_size()')()),
        setThreads: (count) => void setThreads(count),
      };
    },
  },
  MKL: {
    mark: 'MKL_Get_Version_String',
    describe(library) {
      // Must precede all other calls: 32-bit integers (0; bit 0 of the returned layer means 64-bit), no OpenMP (1,
      // sequential), and the same bits for any alignment (2, conditional numerical reproducibility, branch "auto").
      const layer = Number(findFunction(library, 'int MKL_Set_Interface_Layer(int)')?.(0) ?? 0);
      findFunction(library, 'int MKL_Set_Threading_Layer(int)')?.(1);
      library.func('int MKL_CBWR_Set(int)')(2);
      const text = Buffer.alloc(256);
      library.func('void MKL_Get_Version_String(void *, int)')(text, text.length);
      const version = text.toString('latin1', 0, text.indexOf(0)).trim();
      const setThreads = library.func('void MKL_Set_Num_Threads(int)');
      return {
        version: /Version (\S+)/.exec(version)?.[1] ?? version,
        core: cpuName(),
        integerBits: layer % 2 === 1 ? 64 : 32,
        setThreads: (count) => void setThreads(count),
      };
    },
  },
  Accelerate: {
    mark: 'vDSP_mmulD',
    describe(library) {
      // From macOS 15, for the calling thread: 0 means automatic, 1 one thread.
      const setThreading = findFunction(library, 'int BLASSetThreading(unsigned int)');
      return {
        version: `Darwin ${release()}`, // Accelerate comes with the system
        core: cpuName(),
        integerBits: 32,
        setThreads: (count) => void setThreading?.(count === 1 ? 1 : 0),
      };
    },
  },
} satisfies Record<string, BlasFamily>;

export type BlasName = keyof typeof blasFamilies;

function cpuName(): string {
  return cpus()[0]?.model ?? 'unknown';
}
