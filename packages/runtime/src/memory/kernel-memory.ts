import type { Allocate } from '@gradloom/core';
import { countDoubles, createAllocator, type WasmMemory } from '@gradloom/core/internal';
import type { CompiledKernels } from '../backends/backend.ts';
import { allocateSharedMemory } from './shared-memory.ts';

const LINE = 64; // bytes

/** A memory for kernels outside of a run. `take` is called twice: once to count its size, once to take the arrays. */
export function createKernelMemory<T>(
  { module, heapBase }: CompiledKernels,
  take: (allocate: Allocate) => T,
): { memory: WasmMemory; arrays: T } {
  const start = Math.ceil(heapBase / LINE) * LINE;
  const length = countDoubles(take);
  const memory = allocateSharedMemory(start + 8 * length, module);
  const allocate = createAllocator('createKernelMemory', new Float64Array(memory.buffer, start, length));
  return { memory, arrays: take(allocate) };
}
