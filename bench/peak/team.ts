import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { ElementType } from '@gradloom/core';
import type { ExtensionName } from '@gradloom/core/internal';
import { type Backend, compileFor } from '../../packages/runtime/src/engine/backends/backend.ts';
import { allocateControl } from '../../packages/runtime/src/engine/threads/barrier.ts';
import { median } from '../median.ts';
import { passesOf } from '../passes.ts';
import { type PeakMeasured, type PeakTask, type ProductName, type ProductShape, productNames } from './thread.ts';

/** What to measure. */
export interface PeakOptions {
  readonly extension: ExtensionName;
  readonly type: ElementType; // type of the elements
  readonly threads: number;
  readonly rounds: number;
  readonly budgetMs: number; // time of a figure in a round
  /** Products of a backend, measured along with the peak. */
  readonly products?: { readonly backend: Backend; readonly shapes: readonly ProductShape[] };
}

/** A measurement of a whole team. */
export interface Reached {
  readonly gflops: number;
  readonly share: number; // share of the peak measured right before
}

/** Medians of rounds, summed over all threads. */
export interface TeamPeak {
  readonly width: number; // elements of a vector
  readonly gflops: number; // GFLOP/s of the peak
  /** Products by shape. */
  readonly products: readonly Readonly<Record<ProductName, Reached>>[];
}

/** Whether a backend can compute with a type here. */
export function computes(backend: Backend, type: ElementType): boolean {
  const { code } = compileFor(backend, type);
  return code === null || code.layout.type === type;
}

/** Measures the peak in registers on all threads of a team at once, and the share of it that products reach. */
export async function measureTeam({
  extension,
  type,
  threads,
  rounds,
  budgetMs,
  products,
}: PeakOptions): Promise<TeamPeak> {
  const { backend = null, shapes = [] } = products ?? {};
  const control = allocateControl();
  const compiled = backend === null ? null : compileFor(backend, type);
  const tasks = Array.from({ length: threads }, (_, thread): PeakTask => {
    const own = shapes.map((shape) => ({
      shape,
      passes: backend === null ? [] : (passesOf(backend, shape.batch, threads)[thread] ?? []),
    }));
    return {
      ...{ extension, type, backend, compiled, products: own, control, threads, rounds, budgetMs },
      cores: availableParallelism(),
    };
  });
  const measured = await Promise.all(tasks.map(runThread));
  const total = (of: (one: PeakMeasured) => readonly number[]): number[] =>
    Array.from({ length: rounds }, (_, round) => measured.reduce((sum, one) => sum + of(one)[round], 0));
  const reached = (shape: number, name: ProductName): Reached => {
    const gflops = total((one) => one.products[shape][name].map((figure) => figure.gflops));
    const peak = total((one) => one.products[shape][name].map((figure) => figure.peak));
    return { gflops: median(gflops), share: median(gflops.map((figure, round) => figure / peak[round])) };
  };
  return {
    width: measured[0].width,
    gflops: median(total(({ peak }) => peak)),
    products: shapes.map(
      (_, shape) =>
        Object.fromEntries(productNames.map((name) => [name, reached(shape, name)])) as Record<ProductName, Reached>,
    ),
  };
}

function runThread(task: PeakTask): Promise<PeakMeasured> {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: task });
  return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
}
