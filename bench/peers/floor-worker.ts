import { parentPort, workerData } from 'node:worker_threads';
import { type Activation, activations, nativeScratchLength, WasmApi } from '@gradloom/core';
import {
  type Backend,
  type CompiledKernels,
  createBackendKernels,
  heapBaseOf,
} from '../../packages/runtime/src/backend.ts';
import { createBarrier } from '../../packages/runtime/src/barrier.ts';
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

const PAGE = 65_536;

/**
 * The products of a step alone, as a step calls them, over and over, beside the other threads: ms a step. Factors of 0 may take no
 * time, so x is what a forward pass of the thread's own rows leaves behind, from the weights that the workload starts at.
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
  const lengths: number[] = [];
  const ask = (length: number): number => lengths.push(length) - 1;
  const scratch = ask(Math.max(...widths.slice(1).map((O, l) => nativeScratchLength(widths[l], O))));
  const x = widths.slice(0, -1).map((width) => ask(most * width));
  const y = ask(most * Math.max(...widths));
  const d = [0, 1].map(() => ask(most * Math.max(...widths)));
  const layers = widths.slice(1).map((O, l) => ({ I: widths[l], O, W: ask(widths[l] * O), b: ask(O) }));
  const rows = layers.map(({ I, O }) => ({ dW: shards.map(() => ask(I * O)), db: ask(O) }));
  let end = heapBaseOf(compiled.module);
  const offsets = lengths.map((length) => {
    const offset = Math.ceil(end / 64) * 64;
    end = offset + 8 * length;
    return offset;
  });
  const pages = Math.ceil(end / PAGE);
  const memory = new WasmApi.Memory({ initial: pages, maximum: pages, shared: true });
  const arrays = lengths.map((length, k) => new Float64Array(memory.buffer, offsets[k], length));
  for (const array of d) for (let i = 0; i < arrays[array].length; i++) arrays[array][i] = Math.random() - 0.5;
  for (const [l, { W, b }] of layers.entries()) {
    arrays[W].set(start.layers[l].W);
    arrays[b].set(start.layers[l].b);
  }
  const kernels = createBackendKernels(backend, { ...compiled, memory, scratch: arrays[scratch] });

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
    arrays[x[0]].set(start.x.subarray(row * widths[0], (row + B) * widths[0]));
    for (const [l, { I, O, W, b }] of layers.slice(0, -1).entries()) {
      kernels.affine(arrays[y], arrays[x[l]], arrays[W], arrays[b], B, I, O);
      for (let i = 0; i < B * O; i++) arrays[x[l + 1]][i] = apply(arrays[y][i], alpha);
    }
    return x.map((array, l) => arrays[array].slice(0, B * widths[l]));
  }

  function products({ s, first, B }: (typeof groups)[number]): void {
    for (const [l, { I, O, W, b }] of layers.entries()) {
      kernels.affine(arrays[y], arrays[x[l]], arrays[W], arrays[b], B, I, O);
    }
    for (let l = layers.length - 1; l >= 0; l--) {
      const { I, O, W } = layers[l];
      const dy = arrays[d[l % 2]];
      const [dW, db] = [arrays[rows[l].dW[s]], arrays[rows[l].db]];
      if (inPairs) weightsOfTwo(dW, db, arrays[x[l]], dy, B, first, I, O);
      else kernels.affineBackwardWeights(dW, db, arrays[x[l]], dy, B, I, O);
      if (l > 0) kernels.affineBackwardInput(arrays[d[(l + 1) % 2]], dy, arrays[W], B, I, O);
    }
  }

  /** ms. As in a step, x lies in one place for all shards: what puts it there is not timed, and left out where it is there. */
  function step(): number {
    let ms = 0;
    for (const group of groups) {
      if (groups.length > 1) for (const [l, input] of group.inputs.entries()) arrays[x[l]].set(input);
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
