import { type ElementType, type Kernels, referenceKernels } from '@gradloom/core';
import { wasmProblem } from '@gradloom/core/internal';
import { type Backend, compileFor, createBackendKernels } from '../engine/backends/backend.ts';
import { PAGE } from '../system/memory/pages.ts';
import { allocateSharedMemory } from '../system/memory/shared-memory.ts';

/** Memory that models of this thread use, one after the other. */
export interface InferenceMemory {
  readonly kernels: Kernels;
  readonly doubles: Float64Array; // starts on a cache line, with the scratch of the kernels
  readonly isShared: boolean; // other models may overwrite it
  tenant: object | null; // the model whose weights it contains
}

/** The backend for prediction: never native code, so that results are the same on every machine. */
export const inferenceBackend = (): Backend => ({ name: wasmProblem() === null ? 'wasm' : 'reference' });

/** Larger memory belongs to one model and is freed with it. */
const LARGEST_SHARED = 64 * 1024 ** 2;
const SMALLEST = 1024 ** 2;
const LINE = 64;

/** Shared memory by type and size; unused ones are freed. */
const shared = new Map<string, WeakRef<InferenceMemory>>();

/**
 * Memory of at least `length` doubles. Models of one type and similar size share it: V8 reserves up to 10 GiB of
 * address space per memory, so separate ones would fail after some thousand models.
 * @throws Error if the system provides none.
 */
export function inferenceMemory(length: number, type: ElementType): InferenceMemory {
  const bytes = 8 * length + PAGE; // one page for the constants of the kernels
  if (bytes > LARGEST_SHARED) return createMemory(bytes, type, false);
  const size = Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(bytes)));
  const key = `${type} ${size}`;
  const known = shared.get(key)?.deref();
  if (known !== undefined && known.kernels.name === inferenceBackend().name) return known;
  const memory = createMemory(size, type, true);
  shared.set(key, new WeakRef(memory));
  return memory;
}

function createMemory(bytes: number, type: ElementType, isShared: boolean): InferenceMemory {
  const backend = inferenceBackend();
  const compiled = compileFor(backend, type);
  const memory = allocateSharedMemory(bytes, compiled.module);
  const doubles = new Float64Array(memory.buffer, Math.ceil(compiled.heapBase / LINE) * LINE);
  // All models place their scratch at the start, where the kernels expect it: one instance serves all.
  const scratch = { products: doubles, machineCode: null };
  const kernels =
    compiled.module === null ? referenceKernels : createBackendKernels(backend, { ...compiled, memory, scratch });
  return { kernels, doubles, isShared, tenant: null };
}
