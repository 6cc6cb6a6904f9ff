import type { Allocate, ElementType } from '@gradloom/core';
import {
  checkObject,
  countDoubles,
  createAllocator,
  createList,
  FLOAT64,
  link,
  ops,
  option,
  TAIL_BYTES,
  type WasmMemory,
} from '@gradloom/core/internal';
import { type Backend, compileFor, createBackendKernels } from '../engine/backends/backend.ts';
import { backendNames } from '../engine/backends/backend-choices.ts';
import { takeKernelScratch } from '../engine/memory/thread-scratch.ts';
import { allocateSharedMemory } from '../system/memory/shared-memory.ts';

const I = 512;
const O = 784;

/**
 * 10⁹ floating-point operations per second in this thread for y[B,784] = x[B,512] · W[512,784] + b: the median of the
 * calls that fit in `budgetMs` (at least one), after one that is not counted. B is 256, and 8 for the reference
 * kernels, whose time per row does not depend on B: about 5 ms per call, or a second if the engine only interprets
 * them.
 */
export function measureGflops(backend: Backend, budgetMs = 200, type: ElementType = FLOAT64): number {
  option
    .oneOf(backendNames)
    .check('measureGflops', 'backend.name', checkObject('measureGflops', 'backend', backend, '{ name }').name);
  option.nonNegative.check('measureGflops', 'budgetMs', budgetMs);
  const B = backend.name === 'reference' ? 8 : 256;
  const compiledBackend = compileFor(backend, type);
  const takeArrays = (allocate: Allocate) => ({
    y: allocate(B * O),
    x: allocate(B * I),
    W: allocate(I * O),
    b: allocate(O),
    scratch: takeKernelScratch([[I, O]], backend.name, allocate),
  });
  const { memory, arrays } = createKernelMemory(backend, takeArrays, type);
  const { y, x, W, b, scratch } = arrays;
  for (const input of [x, W, b]) for (let i = 0; i < input.length; i++) input[i] = (i % 101) / 101 - 0.5;
  const kernels = createBackendKernels(backend, { ...compiledBackend, memory, scratch });

  const { calls, emit } = createList();
  emit(ops.affine, y, x, W, b, B, I, O, O);
  const { run } = link(calls, kernels);
  run();
  const callsMs: number[] = [];
  const startMs = performance.now();
  let callStartMs = startMs;
  do {
    run();
    const afterMs = performance.now();
    callsMs.push(afterMs - callStartMs);
    callStartMs = afterMs;
  } while (callStartMs - startMs < budgetMs);
  callsMs.sort((p, q) => p - q);
  return (2 * B * I * O) / callsMs[callsMs.length >> 1] / 1e6;
}

/** Memory for kernels outside of a run. `takeArrays` is called twice: to count the arrays, and to allocate them. */
export function createKernelMemory<T>(
  { name }: Backend,
  takeArrays: (allocate: Allocate) => T,
  elementType: ElementType = FLOAT64,
): { memory: WasmMemory; arrays: T } {
  const length = countDoubles(takeArrays, elementType);
  const memory = allocateSharedMemory(8 * length + TAIL_BYTES, name);
  const doubles = new Float64Array(memory.buffer, 0, length);
  const allocate = createAllocator('createKernelMemory', doubles, elementType);
  return { memory, arrays: takeArrays(allocate) };
}
