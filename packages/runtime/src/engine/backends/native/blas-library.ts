import type { Elements } from '@gradloom/core';
import { findFunction, type Koffi, libraryPath, type NativeLibrary } from '../../../system/native/koffi.ts';
import { type BlasFamily, type BlasName, blasFamilies } from './blas-families.ts';

/** Everything besides its shape that decides a product's bits; stored as JSON in a run's record. */
export interface BlasIdentity {
  /** Which library it is. */
  readonly name: BlasName;
  /** Its version, as the library reports it. */
  readonly version: string;
  /** Its kernels for this CPU, or the CPU's name. */
  readonly core: string;
  /** Path of the file; opens the same library in another thread. */
  readonly path: string;
}

/**
 * C[M,N] = alpha · A[M,K] · B[K,N] + beta · C; either factor may be stored transposed. A view is passed as the address
 * of its first element.
 */
export type Gemm = (
  order: number,
  transA: number,
  transB: number,
  M: number,
  N: number,
  K: number,
  alpha: number,
  A: Elements,
  lda: number,
  B: Elements,
  ldb: number,
  beta: number, // 0: C is not read
  C: Elements,
  ldc: number,
) => void;

/** A BLAS library opened in this thread. Its functions cannot be posted to other threads; its path can. */
export interface BlasLibrary {
  readonly identity: BlasIdentity;
  readonly dgemm: Gemm; // product of doubles
  readonly sgemm: Gemm; // product of floats
  /**
   * Sets the threads that a call may use. Some builds keep the number per process, some per thread: set it in the main
   * thread before others start, then in each.
   */
  setThreads(count: number): void;
}

/** Binds the products of an opened library. @throws Error "expected ..." if it is not a supported BLAS. */
export function bindBlas(koffi: Koffi, library: NativeLibrary, path: string): BlasLibrary {
  const dgemm = findFunction(
    library,
    'void cblas_dgemm(int, int, int, int, int, int, double, double *, int, double *, int, double, double *, int)',
  );
  if (dgemm === null) throw new Error('expected a library with cblas_dgemm');
  const sgemm = findFunction(
    library,
    'void cblas_sgemm(int, int, int, int, int, int, float, float *, int, float *, int, float, float *, int)',
  );
  if (sgemm === null) throw new Error('expected a library with cblas_sgemm');
  const [name, family] = familyOf(library);
  const { version, core, integerBits, setThreads } = family.describe(library);
  if (integerBits !== 32) {
    throw new Error(`expected 32-bit sizes (this ${name} ${version} has ${integerBits}-bit ones)`);
  }
  const file = libraryPath(koffi, library, 'cblas_dgemm') ?? path;
  return { identity: { name, version, core, path: file }, dgemm: dgemm as Gemm, sgemm: sgemm as Gemm, setThreads };
}

function familyOf(library: NativeLibrary): [BlasName, BlasFamily] {
  const families = Object.entries(blasFamilies) as [BlasName, BlasFamily][];
  const family = families.find(([, { mark }]) => hasSymbol(library, mark));
  if (family !== undefined) return family;
  const names = families.map(([name]) => name).join(', ');
  throw new Error(`expected one of ${names} (another BLAS cannot be told to use one thread)`);
}

function hasSymbol(library: NativeLibrary, name: string): boolean {
  try {
    library.symbol(name);
    return true;
  } catch {
    return false;
  }
}
