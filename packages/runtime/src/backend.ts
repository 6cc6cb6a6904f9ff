import { readFileSync } from 'node:fs';
import type { BackendName } from '@gradloom/core';
import { type Kernels, type Network, OptionError, referenceKernels } from '@gradloom/core';
import {
  compileWasmKernels,
  createNativeKernels,
  createNativeUpdates,
  createWasmKernels,
  hasNativeProducts,
  type KernelScratch,
  oneOf,
  record,
  show,
  type WasmMemory,
  type WasmModule,
  wasmProblem,
} from '@gradloom/core/internal';
import { resolveInstalled } from './installed.ts';
import { createBlasKernels } from './native/blas-kernels.ts';
import { type BlasIdentity, type BlasLibrary, findBlas } from './native/find-blas.ts';
import { enterMachineCode, type MachineCode, machineCode } from './native/machine-code.ts';
import { heapBaseOf } from './shared-memory.ts';

/** Every backend. */
export const backendNames = { reference: true, wasm: true, native: true, blas: true } as const satisfies Record<
  BackendName,
  true
>;

/**
 * What a user may ask for; 'auto' is the first of native, blas and wasm that this machine has, wasm where layers are
 * too small for another, and reference where there is no WebAssembly.
 */
export const backendChoices = { auto: true, ...backendNames } as const;
/** 'auto', or the name of a backend. */
export type BackendChoice = keyof typeof backendChoices;

/** A backend as this process found it, with the library's path: what a thread needs to rebuild it. */
export type Backend = BuiltInBackend | BlasBackend;

/** What Gradloom brings along: plain TypeScript, WebAssembly, or machine code made at the start. */
export interface BuiltInBackend {
  /** Which of them. */
  readonly name: Exclude<BackendName, 'blas'>;
}

/** A BLAS library of the system. */
export interface BlasBackend {
  /** 'blas'. */
  readonly name: 'blas';
  /** The library that was found. */
  readonly library: BlasIdentity;
}

/**
 * A backend as files name it: what a resume has to find again. Without a path, since loading a library runs its code: a
 * file says which library it was, never where one is.
 */
export type BackendRecord =
  | BuiltInBackend
  | {
      /** 'blas'. */
      readonly name: 'blas';
      /** Which library it was. */
      readonly library: Omit<BlasIdentity, 'path'>;
    };

export function backendRecord(backend: Backend): BackendRecord {
  record('backendRecord', 'backend', backend, 'a backend such as that of a result');
  if (!('library' in backend)) return { name: backend.name };
  const { name, version, core } = backend.library;
  return { name: backend.name, library: { name, version, core } };
}

/**
 * The backend that `choice` stands for on this machine, for `network` or any, with the library at `path` or one found
 * by name. The library is told to use one thread a call, since the run's own threads already use all cores.
 * @throws OptionError where a backend is asked for that is not here.
 */
export function resolveBackend(choice: BackendChoice, path?: string, network?: Network): Backend {
  const name = oneOf('train', 'backend', choice, backendChoices);
  if (path !== undefined && typeof path !== 'string') {
    throw new OptionError('train', 'blas', `has ${show(path)}, expected the path of a library`);
  }
  if (name === 'reference') return { name };
  // A library that was named is wanted, and one that does not work is a mistake, not a reason to take something else.
  const named = path !== undefined || (process.env.GRADLOOM_BLAS ?? '') !== '';
  const problem = wasmProblem();
  if (problem !== null && name === 'auto' && !named) return { name: 'reference' };
  if (problem !== null) {
    throw new OptionError('train', 'backend', `${name === 'auto' ? 'blas' : name} cannot run here: ${problem}`);
  }
  if (name === 'wasm') return { name };
  // Looking for a better one takes some 10 ms, in which XOR is learnt.
  if (name === 'auto' && !named && network !== undefined && !hasNativeProducts(network)) return { name: 'wasm' };
  if (name === 'native' || (name === 'auto' && !named)) {
    const { code, reason } = machineCode();
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

/** This thread's kernels over a run's memory; `scratch` is its own. */
export function createBackendKernels(
  backend: Backend,
  { module, code, memory, scratch }: Omit<CompiledKernels, 'heapBase'> & { memory: WasmMemory; scratch: KernelScratch },
): Kernels {
  if (backend.name === 'reference' || module === null) return referenceKernels;
  const { machineCode } = scratch;
  const native =
    code === null || machineCode === null
      ? null
      : {
          layout: code.layout,
          enter: () => enterMachineCode(code),
          module,
          memory,
          scratch: { ...scratch, machineCode },
        };
  if (native !== null && backend.name === 'native') return createNativeKernels(native);
  const wasm = native === null ? createWasmKernels({ module, memory, scratch }) : createNativeUpdates(native);
  return 'library' in backend ? createBlasKernels(openLibrary(backend.library), wasm) : wasm;
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

/** What a backend needs compiled, once for all threads. */
export interface CompiledKernels {
  // of the SIMD kernels; null for the reference, which runs where there is no SIMD, too
  readonly module: WasmModule | null;
  readonly code: MachineCode | null; // of native, and of blas where the machine has some; null for all others
  readonly heapBase: number; // first byte of a run's memory that is free for its arrays
}

/** @throws Error where this machine has not what the backend needs. */
export function compileFor({ name }: Backend): CompiledKernels {
  if (name === 'reference') return { module: null, code: null, heapBase: 0 };
  const module = compileKernels();
  heapBase ??= heapBaseOf(module);
  if (name === 'wasm') return { module, code: null, heapBase };
  const { code, reason } = machineCode();
  if (code === null && name === 'native') throw new Error(reason);
  return { module, code, heapBase };
}

let compiled: WasmModule | undefined;
let heapBase: number | undefined; // of it: to ask takes a memory, and 10 GiB of address space, so each thread is told

/** The module of the SIMD kernels, compiled once; threads share the code. @throws Error where there is no SIMD. */
export function compileKernels(): WasmModule {
  compiled ??= compileWasmKernels(readFileSync(resolveInstalled('@gradloom/core/kernels.wasm')));
  return compiled;
}
