import type { BackendName, ElementType } from '@gradloom/core';
import { type Kernels, type Network, OptionError, referenceKernels } from '@gradloom/core';
import {
  createNativeKernels,
  createNativeUpdates,
  createWasmKernels,
  FLOAT64,
  hasNativeProducts,
  type KernelScratch,
  option,
  record,
  show,
  type WasmMemory,
  wasmProblem,
} from '@gradloom/core/internal';
import { type BackendChoice, backendChoices } from './backend-choices.ts';
import { createBlasKernels } from './native/blas-kernels.ts';
import { type BlasIdentity, type BlasLibrary, findBlas } from './native/find-blas.ts';
import { enterMachineCode, kernelsOf, type MachineCode, machineCode } from './native/machine-code.ts';

/** A backend with the path of its library: everything a thread needs to recreate it. */
export type Backend = BuiltInBackend | BlasBackend;

/** A built-in backend: plain TypeScript, WebAssembly, or machine code generated at startup. */
export interface BuiltInBackend {
  /** Its name. */
  readonly name: Exclude<BackendName, 'blas'>;
}

/** A BLAS library of the system. */
export interface BlasBackend {
  /** 'blas'. */
  readonly name: 'blas';
  /** The library in use. */
  readonly library: BlasIdentity;
}

/**
 * A backend as files record it, compared on resume. The path is left out because loading a library runs its code: a
 * file may say which library was used, never where to load one.
 */
export type BackendRecord =
  | BuiltInBackend
  | {
      /** 'blas'. */
      readonly name: 'blas';
      /** The library. */
      readonly library: Omit<BlasIdentity, 'path'>;
    };

export function backendRecord(backend: Backend): BackendRecord {
  record('backendRecord', 'backend', backend, 'a backend such as that of a result');
  if (!('library' in backend)) return { name: backend.name };
  const { name, version, core } = backend.library;
  return { name: backend.name, library: { name, version, core } };
}

/**
 * Resolves `choice` to a backend on this machine, for `network` or for any, with the library at `path` or one found by
 * name. The library is told to use one thread per call, since the threads of the run already use all cores.
 * @throws OptionError if the requested backend is not available.
 */
export function resolveBackend(
  choice: BackendChoice,
  path?: string,
  network?: Network,
  type: ElementType = FLOAT64,
): Backend {
  const name = option.oneOf(backendChoices).check('train', 'backend', choice);
  if (path !== undefined && typeof path !== 'string') {
    throw new OptionError('train', 'blas', `has ${show(path)}, expected the path of a library`);
  }
  if (name === 'reference') return { name };
  // If the user named a library that does not work, that is an error; no other backend is tried.
  const named = path !== undefined || (process.env.GRADLOOM_BLAS ?? '') !== '';
  const problem = wasmProblem();
  if (problem !== null && name === 'auto' && !named) return { name: 'reference' };
  if (problem !== null) {
    throw new OptionError('train', 'backend', `${name === 'auto' ? 'blas' : name} cannot run here: ${problem}`);
  }
  if (name === 'wasm') return { name };
  // Looking for a faster backend takes about 10 ms, in which XOR is learned.
  if (name === 'auto' && !named && network !== undefined && !hasNativeProducts(network.products))
    return { name: 'wasm' };
  if (name === 'native' || (name === 'auto' && !named)) {
    const { code, reason } = machineCode(type);
    if (code !== null) return { name: 'native' };
    if (name === 'native') throw new OptionError('train', 'backend', `native cannot run here: ${withoutWhere(reason)}`);
  }
  const { library, reason } = findBlas({ path });
  if (library !== null) {
    library.setThreads(1);
    return { name: 'blas', library: library.identity };
  }
  if (name === 'auto' && !named) return { name: 'wasm' };
  const [, ofPath, other] = /^findBlas: (?:path (.*)|(.*))$/s.exec(reason) ?? [];
  if (ofPath !== undefined) throw new OptionError('train', 'blas', ofPath);
  throw new OptionError('train', 'backend', `blas has no library, expected one: ${other}`);
}

const withoutWhere = (reason: string): string => reason.replace('machineCode: ', '');

/** Creates this thread's kernels for a run's memory; `scratch` belongs to this thread. */
export function createBackendKernels(
  backend: Backend,
  {
    elementType,
    code,
    memory,
    scratch,
    outside = [],
  }: CompiledKernels & {
    memory: WasmMemory;
    scratch: KernelScratch;
    outside?: readonly SharedArrayBuffer[]; // buffers outside of the memory that may hold arrays of the run
  },
): Kernels {
  if (backend.name === 'reference') return referenceKernels;
  const native =
    code === null ? null : { layout: kernelsOf(code), enter: () => enterMachineCode(code), memory, scratch, outside };
  if (native !== null && backend.name === 'native') return createNativeKernels(native);
  const others = native === null ? createWasmKernels({ memory, elementType, scratch }) : createNativeUpdates(native);
  return 'library' in backend ? createBlasKernels(openLibrary(backend.library), others) : others;
}

const opened = new Map<string, BlasLibrary>();

function openLibrary({ path }: BlasIdentity): BlasLibrary {
  const known = opened.get(path);
  if (known !== undefined) return known;
  const { library, reason } = findBlas({ path });
  if (library === null) throw new Error(reason);
  opened.set(path, library);
  return library;
}

/** Compiled code of a backend, shared by all threads. */
export interface CompiledKernels {
  readonly elementType: ElementType;
  readonly code: MachineCode | null; // for native, and for blas if the machine supports it; else null
}

/** Compiles a backend for an element type. @throws Error if this machine does not support it. */
export function compileFor({ name }: Backend, elementType: ElementType = FLOAT64): CompiledKernels {
  if (name === 'reference') return { elementType, code: null };
  const problem = wasmProblem();
  if (problem !== null) throw new Error(`compileFor: ${problem}`);
  if (name === 'wasm') return { elementType, code: null };
  const { code, reason } = machineCode(elementType);
  if (code === null && name === 'native') throw new Error(reason);
  return { elementType, code };
}
