import { parentPort, workerData } from 'node:worker_threads';
import type { Allocate, ElementType, Emit } from '@gradloom/core';
import { createList, type ExtensionName, leafRows, link, type NodePass, ops } from '@gradloom/core/internal';
import {
  type Backend,
  type CompiledKernels,
  createBackendKernels,
} from '../../packages/runtime/src/engine/backends/backend.ts';
import { takeKernelScratch } from '../../packages/runtime/src/engine/memory/thread-scratch.ts';
import { createBarrier } from '../../packages/runtime/src/engine/threads/barrier.ts';
import { createKernelMemory } from '../../packages/runtime/src/measurement/measure-gflops.ts';
import { createFma } from './fma.ts';

/** A dense layer and a batch. */
export interface ProductShape {
  readonly batch: number;
  readonly I: number;
  readonly O: number;
}

/** The products of a dense layer. */
export const productNames = ['affine', 'affineBackwardInput', 'affineBackwardWeights'] as const;
export type ProductName = (typeof productNames)[number];

/** The work of one thread of the team, in rounds: the peak, and each product after it. */
export interface PeakTask {
  readonly extension: ExtensionName;
  readonly type: ElementType; // type of the elements
  readonly backend: Backend | null; // null: only the peak is measured
  readonly compiled: CompiledKernels | null;
  /** Products, and this thread's part of their batch. */
  readonly products: readonly { readonly shape: ProductShape; readonly passes: readonly NodePass[] }[];
  readonly control: Int32Array<SharedArrayBuffer>;
  readonly threads: number;
  readonly cores: number;
  readonly rounds: number;
  readonly budgetMs: number; // time of a figure in a round
}

/** GFLOP/s of one thread, by round. */
export interface PeakMeasured {
  readonly width: number; // elements of a vector
  readonly peak: readonly number[];
  /** By product: its own rate, and that of the peak measured right before. */
  readonly products: readonly Readonly<Record<ProductName, readonly { gflops: number; peak: number }[]>>[];
}

function measure(task: PeakTask): PeakMeasured {
  const { extension, type, rounds, control, threads, cores, budgetMs } = task;
  const fma = createFma(extension, type);
  const barrier = createBarrier(control, threads, cores);

  /**
   * GFLOP/s of repeated calls, while the other threads do the same. Takes the fastest time of each call: a limit is a
   * time that no other program disturbs.
   */
  function rate(flops: number, calls: readonly (() => unknown)[], ms = budgetMs): number {
    const fastestMs = calls.map(() => Infinity);
    barrier.arrive();
    const startMs = performance.now();
    let beginMs = startMs;
    while (beginMs - startMs < ms) {
      for (let c = 0; c < calls.length; c++) {
        calls[c]();
        const endMs = performance.now();
        fastestMs[c] = Math.min(fastestMs[c], endMs - beginMs);
        beginMs = endMs;
      }
    }
    return flops / fastestMs.reduce((sum, one) => sum + one) / 1e6;
  }
  const peakRate = (): number => rate(fma.flops, [fma.run], budgetMs / 2);

  const products = task.products.map(({ shape, passes }) => bindProducts(task, shape, passes));
  const measured = products.map(() => ({ affine: [], affineBackwardInput: [], affineBackwardWeights: [] })) as Record<
    ProductName,
    { gflops: number; peak: number }[]
  >[];
  const peak: number[] = [];
  // first run, which touches all memory
  for (const run of products.flatMap(({ calls }) => Object.values(calls).flat())) run();
  for (let round = 0; round < rounds; round++) {
    peak.push(peakRate());
    for (const [p, { flops, calls }] of products.entries()) {
      for (const name of productNames) {
        const before = peakRate();
        measured[p][name].push({ peak: before, gflops: rate(flops, calls[name]) });
      }
    }
  }
  return { width: fma.width, peak, products: measured };
}

/** The calls of a step for one dense layer, pass by pass, in the same arrays. No number is 0. */
function bindProducts(
  { backend, compiled, type }: PeakTask,
  { batch, I, O }: ProductShape,
  passes: readonly NodePass[],
): { readonly flops: number; readonly calls: Readonly<Record<ProductName, readonly (() => unknown)[]>> } {
  if (backend === null || compiled === null) throw new Error('bench: products have no backend, expected one');
  const leaf = leafRows(batch);
  const rowsOf = ({ first, count }: NodePass): number => Math.min(count * leaf, batch - first * leaf);
  const most = Math.max(...passes.map(rowsOf));
  const take = (allocate: Allocate) => ({
    scratch: takeKernelScratch([[I, O]], backend.name, allocate),
    ...{ x: allocate(most * I), y: allocate(most * O), dx: allocate(most * I), dy: allocate(most * O) },
    ...{ W: allocate(I * O), b: allocate(O) },
    gradients: Object.fromEntries(passes.map(({ row }) => [row, { dW: allocate(I * O), db: allocate(O) }])),
  });
  const { memory, arrays } = createKernelMemory(compiled, take, type);
  const { scratch, x, y, dx, dy, W, b, gradients } = arrays;
  for (const array of [x, dy, W, b]) for (let i = 0; i < array.length; i++) array[i] = Math.random() - 0.5;
  const kernels = createBackendKernels(backend, { ...compiled, memory, scratch });
  const linked = (emitOne: (emit: Emit, pass: NodePass, B: number) => void): (() => unknown)[] =>
    passes.map((pass) => {
      const { calls, emit } = createList();
      emitOne(emit, pass, rowsOf(pass));
      return link(calls, kernels).run;
    });
  return {
    flops: 2 * I * O * passes.reduce((sum, pass) => sum + rowsOf(pass), 0),
    calls: {
      affine: linked((emit, _, B) => emit(ops.affine, y, x, W, b, B, I, O)),
      affineBackwardInput: linked((emit, _, B) => emit(ops.affineBackwardInput, dx, dy, W, B, I, O)),
      affineBackwardWeights: linked((emit, { row, joins }, B) => {
        const { dW, db } = gradients[row];
        emit(ops.affineBackwardWeights, dW, db, x, dy, B, leaf, joins, I, O);
      }),
    },
  };
}

parentPort?.postMessage(measure(workerData as PeakTask));
