import {
  type Allocate,
  countDoubles,
  createAllocator,
  WasmApi,
  type WasmMemory,
  type WasmModule,
} from '@gradloom/core';
import { heapBaseOf } from './backend.ts';

const PAGE = 65_536;
const LINE = 64; // bytes

/** A memory for kernels outside of a run, as large as what `take` takes from it. `take` is called twice: once to count. */
export function createKernelMemory<T>(
  module: WasmModule | null,
  take: (allocate: Allocate) => T,
): { memory: WasmMemory; arrays: T } {
  const start = Math.ceil(heapBaseOf(module) / LINE) * LINE;
  const length = countDoubles(take);
  const pages = Math.ceil((start + 8 * length) / PAGE);
  const memory = new WasmApi.Memory({ initial: pages, maximum: pages, shared: true });
  const allocate = createAllocator('createKernelMemory', new Float64Array(memory.buffer, start, length));
  return { memory, arrays: take(allocate) };
}
