import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  type BackendName,
  compileWasmKernels,
  createWasmKernels,
  type Kernels,
  OptionError,
  oneOf,
  referenceKernels,
  type WasmMemory,
  type WasmModule,
  wasmHeapBase,
} from '@gradloom/core';
import { createBlasKernels } from './native/blas-kernels.ts';
import { type BlasIdentity, type BlasLibrary, findBlas } from './native/find-blas.ts';

/** What a user may ask for; 'auto' is blas where a library is found, else wasm. */
export const backendChoices = { auto: true, reference: true, wasm: true, blas: true } as const;
export type BackendChoice = keyof typeof backendChoices;

/** A backend as a run records it: what a thread needs to rebuild it, and what a resume has to find again. */
export type Backend =
  | { readonly name: Exclude<BackendName, 'blas'> }
  | { readonly name: 'blas'; readonly library: BlasIdentity };

/**
 * The backend that `choice` stands for on this machine, with the library at `path` or one found by name. The library is told
 * to use one thread a call, since the run's own threads already use all cores.
 * @throws OptionError where blas is asked for and there is none.
 */
export function resolveBackend(choice: BackendChoice, path?: string): Backend {
  const name = oneOf('train', 'backend', choice, backendChoices);
  if (name === 'reference' || name === 'wasm') return { name };
  const { library, reason } = findBlas({ path });
  if (library !== null) {
    library.setThreads(1);
    return { name: 'blas', library: library.identity };
  }
  // A library that was named and does not work is a mistake, not a reason to take something else.
  const named = path !== undefined || (process.env.GRADLOOM_BLAS ?? '') !== '';
  if (name === 'auto' && !named) return { name: 'wasm' };
  const [, ofPath, other] = /^findBlas: (?:path (.*)|(.*))$/s.exec(reason) ?? [];
  if (ofPath !== undefined) throw new OptionError('train', 'blas', ofPath);
  throw new OptionError('train', 'backend', `blas has no library, expected one: ${other}`);
}

/** This thread's kernels over a run's memory; `scratch` is its own. */
export function createBackendKernels(
  backend: Backend,
  { module, memory, scratch }: { module: WasmModule | null; memory: WasmMemory; scratch: Float64Array },
): Kernels {
  if (backend.name === 'reference' || module === null) return referenceKernels;
  const wasm = createWasmKernels({ module, memory, scratch });
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

/** What a backend needs compiled: the reference runs where WebAssembly has no SIMD, too. */
export const moduleOf = ({ name }: Backend): WasmModule | null => (name === 'reference' ? null : compileKernels());

/** The first byte of a run's memory that is free for its arrays. */
export const heapBaseOf = (module: WasmModule | null): number => (module === null ? 0 : wasmHeapBase(module));

let compiled: WasmModule | undefined;

/** The module of the SIMD kernels, compiled once; threads share the code. @throws Error where there is no SIMD. */
export function compileKernels(): WasmModule {
  compiled ??= compileWasmKernels(readFileSync(createRequire(import.meta.url).resolve('@gradloom/core/kernels.wasm')));
  return compiled;
}
