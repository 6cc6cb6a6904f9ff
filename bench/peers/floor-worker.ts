import { parentPort, workerData } from 'node:worker_threads';
import { type Activation, type Allocate, activations, type Elements, type ElementType, mathOf } from '@gradloom/core';
import {
  CALL_DOUBLES,
  createList,
  createTapeMemory,
  link,
  type NodePass,
  ops,
  runCalls,
} from '@gradloom/core/internal';
import { median } from '../../packages/cli/src/lab/figures/range.ts';
import {
  type Backend,
  type CompiledKernels,
  createBackendKernels,
} from '../../packages/runtime/src/engine/backends/backend.ts';
import { takeKernelScratch } from '../../packages/runtime/src/engine/memory/thread-scratch.ts';
import { createBarrier } from '../../packages/runtime/src/engine/threads/barrier.ts';
import { createKernelMemory } from '../../packages/runtime/src/measurement/measure-gflops.ts';
import { readWorkload } from './read-workload.ts';
import type { Workload } from './workloads.ts';

/** The part of a batch that one thread takes. */
export interface FloorTask {
  backend: Backend;
  compiled: CompiledKernels;
  workload: Workload;
  leaf: number; // rows per leaf
  elementType: ElementType;
  passes: readonly NodePass[];
  control: Int32Array<SharedArrayBuffer>;
  threads: number;
  cores: number;
  budgetMs: number;
}

/**
 * Repeats only the products of a step, as a step calls them, alongside the other threads; returns ms per step. Factors
 * of 0 may take no time, so x is the result of a forward pass of the thread's own rows, from the workload's starting
 * weights.
 */
function measure(task: FloorTask): number {
  const { backend, compiled, workload, leaf, elementType, passes, control, threads, cores, budgetMs } = task;
  const { widths, batch } = workload;
  const start = readWorkload(workload);
  const maxRows = leaf * Math.max(1, ...passes.map(({ count }) => count));
  const gradients = [...new Set(passes.map(({ row }) => row))];
  const widest = Math.max(...widths);
  const take = (allocate: Allocate) => {
    const scratch = takeKernelScratch(
      widths.slice(1).map((O, l) => [widths[l], O]),
      backend.name,
      allocate,
    );
    const x = widths.slice(0, -1).map((width) => allocate(maxRows * width));
    const y = allocate(maxRows * widest);
    const d = [0, 1].map(() => allocate(maxRows * widest));
    const layers = widths.slice(1).map((O, l) => ({ I: widths[l], O, W: allocate(widths[l] * O), b: allocate(O) }));
    // One row of gradients for each tensor.
    const rows = new Map(
      gradients.map((row) => [row, layers.map(({ I, O }) => ({ dW: allocate(I * O), db: allocate(O) }))]),
    );
    const tapes = allocate(CALL_DOUBLES * 8 * passes.length * layers.length, 'float64');
    return { scratch, x, y, d, layers, rows, tapes };
  };
  const { memory, arrays } = createKernelMemory(backend, take, elementType);
  const { x, y, d, layers, rows } = arrays;
  for (const array of d) for (let i = 0; i < array.length; i++) array[i] = Math.random() - 0.5;
  for (const [l, { W, b }] of layers.entries()) {
    W.set(start.weights[2 * l].values);
    b.set(start.weights[2 * l + 1].values);
  }
  const kernels = createBackendKernels(backend, { ...compiled, memory, scratch: arrays.scratch });

  const tapes = createTapeMemory(arrays.tapes);
  const groups = passes.map((pass) => {
    const firstRow = pass.first * leaf;
    const B = Math.min(pass.count * leaf, batch - firstRow);
    return { inputs: forward(firstRow, B), run: products(pass, B) };
  });

  /** Computes the inputs of each layer. */
  function forward(row: number, B: number): Elements[] {
    const { apply, alpha }: Activation = activations[workload.activation];
    const math = mathOf(elementType);
    x[0].set(start.x.subarray(row * widths[0], (row + B) * widths[0]));
    for (const [l, { I, O, W, b }] of layers.slice(0, -1).entries()) {
      const { calls, emit } = createList();
      emit(ops.affine, y, x[l], W, b, B, I, O, O);
      runCalls(calls, kernels);
      for (let i = 0; i < B * O; i++) x[l + 1][i] = apply(math, y[i], alpha);
    }
    return x.map((array, l) => array.slice(0, B * widths[l]));
  }

  /** The products of a pass over B rows. */
  function products({ row, accumulate }: NodePass, B: number): () => unknown {
    const { calls, emit } = createList();
    for (const [l, { I, O, W, b }] of layers.entries()) emit(ops.affine, y, x[l], W, b, B, I, O, O);
    const gradient = rows.get(row) ?? [];
    for (let l = layers.length - 1; l >= 0; l--) {
      const { I, O, W } = layers[l];
      const dy = d[l % 2];
      emit(ops.affineBackwardWeights, gradient[l].dW, gradient[l].db, x[l], dy, B, leaf, accumulate, I, O);
      if (l > 0) emit(ops.affineBackwardInput, d[(l + 1) % 2], dy, W, B, I, O);
    }
    return link(calls, kernels, tapes).run;
  }

  /**
   * Returns ms. As in a step, all passes read x at the same address. Copying it there is not timed, and skipped if
   * there is one pass.
   */
  function step(): number {
    let ms = 0;
    for (const group of groups) {
      if (groups.length > 1) for (const [l, input] of group.inputs.entries()) x[l].set(input);
      const startMs = performance.now();
      group.run();
      ms += performance.now() - startMs;
    }
    return ms;
  }

  const barrier = createBarrier(control, threads, cores);
  const samples: number[] = [];
  barrier.arrive();
  const startMs = performance.now();
  do samples.push(step());
  while (performance.now() - startMs < budgetMs);
  return median(samples);
}

parentPort?.postMessage(measure(workerData as FloorTask));
