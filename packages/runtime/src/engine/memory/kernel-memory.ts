import type { Allocate, ElementType } from '@gradloom/core';
import { countDoubles, createAllocator, FLOAT64, type WasmMemory } from '@gradloom/core/internal';
import { allocateSharedMemory } from '../../system/memory/shared-memory.ts';
import type { CompiledKernels } from '../backends/backend.ts';

const LINE = 64; // bytes

/**
 * A memory for kernels outside of a run, with arrays of a type. `take` is called twice: once to count its size, once to
 * take the arrays.
 */
export function createKernelMemory<T>(
  { module, heapBase }: CompiledKernels,
  take: (allocate: Allocate) => T,
  elementType: ElementType = FLOAT64,
): { memory: WasmMemory; arrays: T } {
  const start = Math.ceil(heapBase / LINE) * LINE;
  const length = countDoubles(take, elementType);
  const memory = allocateSharedMemory(start + 8 * length, module);
  const doubles = new Float64Array(memory.buffer, start, length);
  const allocate = createAllocator('createKernelMemory', doubles, elementType);
  return { memory, arrays: take(allocate) };
}
