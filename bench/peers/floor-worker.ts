import { parentPort, workerData } from 'node:worker_threads';
import { type Activation, activations } from '@gradloom/core';
import { type Backend, type CompiledKernels, createBackendKernels } from '../../packages/runtime/src/backend.ts';
import { createBarrier } from '../../packages/runtime/src/barrier.ts';
import { createKernelMemory } from '../../packages/runtime/src/kernel-memory.ts';
import { takeKernelScratch } from '../../packages/runtime/src/thread-scratch.ts';
import { median } from '../median.ts';
import { readWorkload } from './read-workload.ts';
import type { Workload } from './workloads.ts';

/** The shards of one thread. */
export interface FloorTask {
  backend: Backend;
  compiled: CompiledKernels;
  workload: Workload;
  firstRow: number; // of its first shard
  shards: readonly number[]; // rows of each
  control: Int32Array<SharedArrayBuffer>;
  threads: number;
  cores: number;
  budgetMs: number;
}

/**
 * The products of a step alone, as a step calls them, over and over, beside the other threads: ms a step. Factors of 0
 * may take no time, so x is what a forward pass of the thread's own rows leaves behind, from the weights that the
 * workload starts at.
 */
function measure({
  backend,
  compiled,
  workload,
  firstRow,
  shards,
  control,
  threads,
  cores,
  budgetMs,
}: FloorTask): number {
  const { widths } = workload;
  const start = readWorkload(workload);
  const most = 2 * Math.max(1, ...shards); // two shards at a time where the backend can
  const widest = Math.max(...widths);
  const { memory, arrays } = createKernelMemory(compiled, (allocate) => {
    const scratch = takeKernelScratch(
      widths.slice(1).map((O, l) => [widths[l], O]),
      backend.name,
      allocate,
    );
    const x = widths.slice(0, -1).map((width) => allocate(most * width));
    const y = allocate(most * widest);
    const d = [0, 1].map(() => allocate(most * widest));
    const layers = widths.slice(1).map((O, l) => ({ I: widths[l], O, W: allocate(widths[l] * O), b: allocate(O) }));
    const rows = layers.map(({ I, O }) => ({ dW: shards.map(() => allocate(I * O)), db: allocate(O) }));
    return { scratch, x, y, d, layers, rows };
  });
  const { x, y, d, layers, rows } = arrays;
  for (const array of d) for (let i = 0; i < array.length; i++) array[i] = Math.random() - 0.5;
  for (const [l, { W, b }] of layers.entries()) {
    W.set(start.layers[l].W);
    b.set(start.layers[l].b);
  }
  const kernels = createBackendKernels(backend, { ...compiled, memory, scratch: arrays.scratch });

  const { affineBackwardWeightsOfTwo: weightsOfTwo, maxPairRows = 0 } = kernels;
  const inPairs = weightsOfTwo !== undefined && shards.length % 2 === 0 && Math.max(...shards) <= maxPairRows;

  const groups: { s: number; first: number; B: number; inputs: readonly Float64Array[] }[] = [];
  let row = firstRow;
  for (let s = 0; s < shards.length; s += inPairs ? 2 : 1) {
    const first = shards[s];
    const B = inPairs ? first + shards[s + 1] : first;
    groups.push({ s, first, B, inputs: forward(row, B) });
    row += B;
  }

  /** The inputs of each layer. */
  function forward(row: number, B: number): Float64Array[] {
    const { apply, alpha }: Activation = activations[workload.activation];
    x[0].set(start.x.subarray(row * widths[0], (row + B) * widths[0]));
    for (const [l, { I, O, W, b }] of layers.slice(0, -1).entries()) {
      kernels.affine(y, x[l], W, b, B, I, O);
      for (let i = 0; i < B * O; i++) x[l + 1][i] = apply(y[i], alpha);
    }
    return x.map((array, l) => array.slice(0, B * widths[l]));
  }

  function products({ s, first, B }: (typeof groups)[number]): void {
    for (const [l, { I, O, W, b }] of layers.entries()) {
      kernels.affine(y, x[l], W, b, B, I, O);
    }
    for (let l = layers.length - 1; l >= 0; l--) {
      const { I, O, W } = layers[l];
      const dy = d[l % 2];
      const [dW, db] = [rows[l].dW[s], rows[l].db];
      if (inPairs) weightsOfTwo(dW, db, x[l], dy, B, first, I, O);
      else kernels.affineBackwardWeights(dW, db, x[l], dy, B, I, O);
      if (l > 0) kernels.affineBackwardInput(d[(l + 1) % 2], dy, W, B, I, O);
    }
  }

  /**
   * ms. As in a step, x lies in one place for all shards: what puts it there is not timed, and left out where it is
   * there.
   */
  function step(): number {
    let ms = 0;
    for (const group of groups) {
      if (groups.length > 1) for (const [l, input] of group.inputs.entries()) x[l].set(input);
      const startMs = performance.now();
      products(group);
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
