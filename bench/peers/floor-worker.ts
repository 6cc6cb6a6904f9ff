import { parentPort, workerData } from 'node:worker_threads';
import { nativeScratchLength, WasmApi } from '@gradloom/core';
import {
  type Backend,
  type CompiledKernels,
  createBackendKernels,
  heapBaseOf,
} from '../../packages/runtime/src/backend.ts';
import { createBarrier } from '../../packages/runtime/src/barrier.ts';

/** Rows of each shard of one thread, and the products that each of them needs. */
export interface FloorTask {
  backend: Backend;
  compiled: CompiledKernels;
  widths: readonly number[];
  shards: readonly number[];
  rows: Float64Array; // [B, widths[0]] of a batch of the workload: terms of 0 may take no time
  control: Int32Array<SharedArrayBuffer>;
  threads: number;
  cores: number;
  budgetMs: number;
}

const PAGE = 65_536;

/** The products of a step alone, as a step calls them, over and over, beside the other threads: ms a step. */
function measure({
  backend,
  compiled,
  widths,
  shards,
  rows: inputs,
  control,
  threads,
  cores,
  budgetMs,
}: FloorTask): number {
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
  for (const array of arrays) for (let i = 0; i < array.length; i++) array[i] = Math.random() - 0.5;
  // What relu leaves behind.
  for (const array of x.slice(1))
    for (let i = 0; i < arrays[array].length; i++) arrays[array][i] = Math.max(0, arrays[array][i]);
  arrays[x[0]].set(inputs.subarray(0, most * widths[0]));
  const kernels = createBackendKernels(backend, { ...compiled, memory, scratch: arrays[scratch] });

  const { affineBackwardWeightsOfTwo: weightsOfTwo, maxPairRows = 0 } = kernels;
  const inPairs = weightsOfTwo !== undefined && shards.length % 2 === 0 && Math.max(...shards) <= maxPairRows;

  function step(): void {
    for (let s = 0; s < shards.length; s += inPairs ? 2 : 1) {
      const first = shards[s];
      const B = inPairs ? first + shards[s + 1] : first;
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
  }

  const barrier = createBarrier(control, threads, cores);
  const samples: number[] = [];
  barrier.arrive();
  const startMs = performance.now();
  let beforeMs = startMs;
  do {
    step();
    const nowMs = performance.now();
    samples.push(nowMs - beforeMs);
    beforeMs = nowMs;
  } while (beforeMs - startMs < budgetMs);
  samples.sort((p, q) => p - q);
  return samples[samples.length >> 1];
}

parentPort?.postMessage(measure(workerData as FloorTask));
