import type { Allocate, ElementType } from '@gradloom/core';
import { createList, FLOAT64, link, number, oneOf, ops, record } from '@gradloom/core/internal';
import { type Backend, compileFor, createBackendKernels } from '../engine/backends/backend.ts';
import { backendNames } from '../engine/backends/backend-choices.ts';
import { createKernelMemory } from '../engine/memory/kernel-memory.ts';
import { takeKernelScratch } from '../engine/memory/thread-scratch.ts';

const I = 512;
const O = 784;

/**
 * 10⁹ floating-point operations of a type a second of y[B,784] = x[B,512] · W[512,784] + b in this thread: the median
 * of the calls that fit in `budgetMs`, at least one, after one that is not counted. B is 256, and 8 for the reference
 * kernels, whose rows take as long in any number: about 5 ms a call, and a second where the engine only interprets
 * them.
 */
export function measureGflops(backend: Backend, budgetMs = 200, type: ElementType = FLOAT64): number {
  oneOf('measureGflops', 'backend.name', record('measureGflops', 'backend', backend, '{ name }').name, backendNames);
  number('measureGflops', 'budgetMs', budgetMs, 'of at least 0', (ms) => ms >= 0);
  const B = backend.name === 'reference' ? 8 : 256;
  const compiled = compileFor(backend, type);
  const take = (allocate: Allocate) => ({
    y: allocate(B * O),
    x: allocate(B * I),
    W: allocate(I * O),
    b: allocate(O),
    scratch: takeKernelScratch([[I, O]], backend.name, allocate),
  });
  const { memory, arrays } = createKernelMemory(compiled, take, type);
  const { y, x, W, b, scratch } = arrays;
  for (const input of [x, W, b]) for (let i = 0; i < input.length; i++) input[i] = (i % 101) / 101 - 0.5;
  const kernels = createBackendKernels(backend, { ...compiled, memory, scratch });

  const { calls, emit } = createList();
  emit(ops.affine, y, x, W, b, B, I, O);
  const { run } = link(calls, kernels);
  run();
  const callsMs: number[] = [];
  const startMs = performance.now();
  let beforeMs = startMs;
  do {
    run();
    const afterMs = performance.now();
    callsMs.push(afterMs - beforeMs);
    beforeMs = afterMs;
  } while (beforeMs - startMs < budgetMs);
  callsMs.sort((p, q) => p - q);
  return (2 * B * I * O) / callsMs[callsMs.length >> 1] / 1e6;
}
