import type { BackendName, ElementType } from '@gradloom/core';
import { type Kernels, type Network, OptionError, type ProductShape, referenceKernels } from '@gradloom/core';
import {
  checkObject,
  createNativeKernels,
  createWasmKernels,
  FLOAT64,
  hasFusedWasm,
  hasNativeProducts,
  type KernelScratch,
  option,
  show,
  unfusedKernels,
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
  /** Its name in options and results. */
  readonly name: Exclude<BackendName, 'blas'>;
  /**
   * Whether each product and each sum of products is rounded by itself, since WebAssembly has no fused multiply-add
   * here. @default false
   */
  readonly unfused?: true;
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
export type BackendRecord = (
  | Pick<BuiltInBackend, 'name'>
  | {
      /** 'blas'. */
      readonly name: 'blas';
      /** The library. */
      readonly library: Omit<BlasIdentity, 'path'>;
    }
) & {
  /** Whether products add each term with one rounding. Files of earlier versions do not say it. */
  readonly fused?: boolean;
};

/** Whether the products of a backend add each term with one rounding. */
export const isFused = (backend: Backend): boolean => !('unfused' in backend);

export function backendRecord(backend: Backend): BackendRecord & { readonly fused: boolean } {
  checkObject('backendRecord', 'backend', backend, 'a backend such as that of a result');
  const fused = isFused(backend);
  if (!('library' in backend)) return { name: backend.name, fused };
  const { name, version, core } = backend.library;
  return { name: backend.name, library: { name, version, core }, fused };
}

/** Whether the products of a recorded backend are fused. Earlier plain code and WebAssembly had no fused ones. */
export function isFusedRecord(backend: BackendRecord): boolean {
  const { name, fused } = checkObject('isFusedRecord', 'backend', backend, 'a backend such as that of a checkpoint');
  return fused ?? (name === 'native' || name === 'blas');
}

/**
 * Whether no backend of this version has the bits of a recorded one: before `fused` was recorded, machine code and BLAS
 * left products of few weights to WebAssembly, unfused.
 */
export const isMixedRecord = ({ name, fused }: BackendRecord, network: Network): boolean =>
  fused === undefined &&
  (name === 'blas' || (name === 'native' && network.products.some(([I, O, kind]) => isSmallProduct(I, O, kind))));

/** Fewer than 256 weights; `kind` is undefined for a dense layer. Convolutions were never left to WebAssembly. */
const isSmallProduct = (I: number, O: number, kind: ProductShape[2]): boolean =>
  (kind === undefined || kind === 'attention') && I * O < 256;

/** What two backends must share to have the same bits. All but BLAS have the same, if both are fused or neither is. */
export const bitsOf = (backend: BackendRecord) => ({
  backend: 'library' in backend ? backend.name : 'built-in',
  fused: isFusedRecord(backend),
  blas: 'library' in backend ? libraryText(backend.library) : null,
});

const libraryText = ({ name, version, core }: Omit<BlasIdentity, 'path'>): string => `${name} ${version} for ${core}`;

/** WebAssembly with the products that it has here. */
export const wasmBackend = (): BuiltInBackend => (hasFusedWasm() ? { name: 'wasm' } : { name: 'wasm', unfused: true });

/** What decides the backend besides the user's choice. */
export interface BackendNeeds {
  path?: string | undefined; // path of a BLAS library, default one that is found by name
  network?: Network | undefined; // network to compute, default any
  type?: ElementType; // default float64
  unfused?: boolean; // whether products must be unfused, as in the checkpoint that is resumed; default false
}

/**
 * Resolves `choice` to a backend on this machine. A BLAS library uses one thread per call, since the threads
 * of the run already use all cores.
 * @throws OptionError if the requested backend is not available.
 */
export function resolveBackend(choice: BackendChoice, needs: BackendNeeds = {}): Backend {
  const expected = 'an object such as { path }';
  const { path, network, type = FLOAT64, unfused = false } = checkObject('resolveBackend', 'needs', needs, expected);
  const name = option.oneOf(backendChoices).check('train', 'backend', choice);
  if (path !== undefined && typeof path !== 'string') {
    throw new OptionError('train', 'blas', `has ${show(path)}, expected the path of a library`);
  }
  // If the user named a library that does not work, that is an error; no other backend is tried.
  const isNamed = path !== undefined || (process.env.GRADLOOM_BLAS ?? '') !== '';
  const problem = wasmProblem();
  if (unfused) return unfusedBackend(name, problem);
  if (name === 'reference') return { name };
  if (problem !== null && name === 'auto' && !isNamed) return unfusedBackend(name, problem);
  if (problem !== null) {
    throw new OptionError('train', 'backend', `${name === 'auto' ? 'blas' : name} cannot run here: ${problem}`);
  }
  const wasm = wasmBackend();
  if (name === 'wasm') return wasm;
  // Looking for a faster backend takes about 10 ms, in which XOR is learned.
  const isSmall = network !== undefined && !hasNativeProducts(network.products);
  if (name === 'auto' && !isNamed && isSmall && isFused(wasm)) return wasm;
  if (name === 'native' || (name === 'auto' && !isNamed)) {
    const { code, reason } = machineCode(type);
    if (code !== null) return { name: 'native' };
    if (name === 'native') throw new OptionError('train', 'backend', `native cannot run here: ${reason}`);
    if (isSmall) return wasm;
  }
  const search = findBlas({ path });
  if (search.library !== null) {
    search.library.setThreads(1);
    return { name: 'blas', library: search.library.identity };
  }
  if (name === 'auto' && !isNamed) return wasm;
  if (search.fault === 'path') throw new OptionError('train', 'blas', search.problem);
  throw new OptionError('train', 'backend', `blas has no library, expected one: ${search.reason}`);
}

function unfusedBackend(name: BackendChoice, problem: string | null): Backend {
  if (name === 'native' || name === 'blas') {
    const why = 'products of the checkpoint are unfused, expected reference, wasm or auto';
    throw new OptionError('train', 'backend', `has ${name}, but ${why}`);
  }
  if (name === 'wasm' && problem !== null)
    throw new OptionError('train', 'backend', `wasm cannot run here: ${problem}`);
  return { name: name === 'reference' || problem !== null ? 'reference' : 'wasm', unfused: true };
}

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
    memory: WasmMemory<ArrayBufferLike>;
    scratch: KernelScratch;
    outside?: readonly SharedArrayBuffer[]; // buffers outside of the memory that may hold arrays of the run
  },
): Kernels {
  const unfused = !isFused(backend);
  if (backend.name === 'reference') return unfused ? unfusedKernels : referenceKernels;
  const native =
    code === null ? null : { layout: kernelsOf(code), enter: () => enterMachineCode(code), memory, scratch, outside };
  const builtIn =
    native === null ? createWasmKernels({ memory, elementType, scratch, unfused }) : createNativeKernels(native);
  return 'library' in backend ? createBlasKernels(openLibrary(backend.library), builtIn) : builtIn;
}

const openLibraries = new Map<string, BlasLibrary>();

function openLibrary({ path }: BlasIdentity): BlasLibrary {
  const existing = openLibraries.get(path);
  if (existing !== undefined) return existing;
  const { library, reason } = findBlas({ path });
  if (library === null) throw new Error(`findBlas: ${reason}`);
  openLibraries.set(path, library);
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
  if (name === 'wasm') {
    const problem = wasmProblem();
    if (problem !== null) throw new Error(`compileFor: ${problem}`);
    return { elementType, code: null };
  }
  const { code, reason } = machineCode(elementType);
  if (code === null && name === 'native') throw new Error(`machineCode: ${reason}`);
  return { elementType, code };
}
