import { parentPort, workerData } from 'node:worker_threads';
import type { Allocate, ElementType, Emit } from '@gradloom/core';
import { createList, defaultLeafRows, type ExtensionName, link, type NodePass, ops } from '@gradloom/core/internal';
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
export interface DenseLayer {
  readonly batch: number;
  readonly I: number;
  readonly O: number;
}

/** A convolution that keeps the size of its images, and the images of a thread. */
export interface ConvolutionLayer {
  readonly images: number;
  readonly size: number; // height and width
  readonly C: number;
  readonly O: number;
  readonly kernel: number;
  readonly groups: number;
}

export type PeakLayer = DenseLayer | ConvolutionLayer;

const isDense = (layer: PeakLayer): layer is DenseLayer => 'batch' in layer;

/** The products of a layer. */
export const productNames = (layer: PeakLayer): readonly string[] =>
  isDense(layer)
    ? ['affine', 'affineBackwardInput', 'affineBackwardWeights']
    : ['convForward', 'convBackwardInput', 'convBackwardWeights'];

/** The work of one thread of the team, in rounds: the peak, and each product after it. */
export interface PeakTask {
  readonly extension: ExtensionName;
  readonly type: ElementType; // type of the elements
  readonly backend: Backend | null; // null: only the peak is measured
  readonly compiled: CompiledKernels | null;
  /** Layers, and this thread's part of the batch of dense ones. */
  readonly layers: readonly { readonly layer: PeakLayer; readonly passes: readonly NodePass[] }[];
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
  readonly layers: readonly Readonly<Record<string, readonly { gflops: number; peak: number }[]>>[];
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

  const layers = task.layers.map(({ layer, passes }) =>
    isDense(layer) ? bindDense(task, layer, passes) : bindConvolution(task, layer),
  );
  const measured = layers.map(({ calls }) => {
    const names = Object.keys(calls).map((name) => [name, [] as { gflops: number; peak: number }[]] as const);
    return Object.fromEntries(names);
  });
  const peak: number[] = [];
  // The first run touches all memory.
  for (const run of layers.flatMap(({ calls }) => Object.values(calls).flat())) run();
  for (let round = 0; round < rounds; round++) {
    peak.push(peakRate());
    for (const [l, { flops, calls }] of layers.entries()) {
      for (const [name, passCalls] of Object.entries(calls)) {
        const before = peakRate();
        measured[l][name].push({ peak: before, gflops: rate(flops, passCalls) });
      }
    }
  }
  return { width: fma.width, peak, layers: measured };
}

/** The calls of a layer's products, by name. */
interface Bound {
  readonly flops: number; // of one product
  readonly calls: Readonly<Record<string, readonly (() => unknown)[]>>;
}

/** The calls of a step for one dense layer, pass by pass, in the same arrays. No number is 0. */
function bindDense(
  { backend, compiled, type }: PeakTask,
  { batch, I, O }: DenseLayer,
  passes: readonly NodePass[],
): Bound {
  if (backend === null || compiled === null) throw new Error('bench: products have no backend, expected one');
  const leaf = defaultLeafRows(batch);
  const rowsOf = ({ first, count }: NodePass): number => Math.min(count * leaf, batch - first * leaf);
  const maxRows = Math.max(...passes.map(rowsOf));
  const take = (allocate: Allocate) => ({
    scratch: takeKernelScratch([[I, O]], backend.name, allocate),
    x: allocate(maxRows * I),
    y: allocate(maxRows * O),
    dx: allocate(maxRows * I),
    dy: allocate(maxRows * O),
    W: allocate(I * O),
    b: allocate(O),
    gradients: Object.fromEntries(passes.map(({ row }) => [row, { dW: allocate(I * O), db: allocate(O) }])),
  });
  const { memory, arrays } = createKernelMemory(backend, take, type);
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
      affine: linked((emit, _, B) => emit(ops.affine, y, x, W, b, B, I, O, O)),
      affineBackwardInput: linked((emit, _, B) => emit(ops.affineBackwardInput, dx, dy, W, B, I, O)),
      affineBackwardWeights: linked((emit, { row, accumulate }, B) => {
        const { dW, db } = gradients[row];
        emit(ops.affineBackwardWeights, dW, db, x, dy, B, leaf, accumulate, I, O);
      }),
    },
  };
}

/** The calls of a step for one convolution with stride 1. Zeros around the image count as work. No number is 0. */
function bindConvolution(
  { backend, compiled, type }: PeakTask,
  { images: B, size, C, O, kernel, groups }: ConvolutionLayer,
): Bound {
  if (backend === null || compiled === null) throw new Error('bench: products have no backend, expected one');
  const window = (kernel * kernel * C) / groups;
  const before = Math.floor(kernel / 2);
  const axis = { inputs: size, outputs: size, kernel, stride: 1, before, dilation: 1 };
  const geometry = { height: axis, width: axis, C, O, groups };
  const [inputs, outputs] = [B * size * size * C, B * size * size * O];
  const take = (allocate: Allocate) => ({
    scratch: takeKernelScratch([[window, O, geometry]], backend.name, allocate),
    x: allocate(inputs),
    dx: allocate(inputs),
    y: allocate(outputs),
    dy: allocate(outputs),
    W: allocate(window * O),
    b: allocate(O),
    dW: allocate(window * O),
    db: allocate(O),
  });
  const { memory, arrays } = createKernelMemory(backend, take, type);
  const { scratch, x, dx, y, dy, W, b, dW, db } = arrays;
  for (const array of [x, dy, W, b]) for (let i = 0; i < array.length; i++) array[i] = Math.random() - 0.5;
  const kernels = createBackendKernels(backend, { ...compiled, memory, scratch });
  const linked = (emitOne: (emit: Emit) => void): (() => unknown)[] => {
    const { calls, emit } = createList();
    emitOne(emit);
    return [link(calls, kernels).run];
  };
  return {
    flops: 2 * outputs * window,
    calls: {
      convForward: linked((emit) => emit(ops.convForward, y, x, W, b, B, geometry)),
      convBackwardInput: linked((emit) => emit(ops.convBackwardInput, dx, dy, W, B, geometry)),
      convBackwardWeights: linked((emit) => emit(ops.convBackwardWeights, dW, db, x, dy, B, false, geometry)),
    },
  };
}

parentPort?.postMessage(measure(workerData as PeakTask));
