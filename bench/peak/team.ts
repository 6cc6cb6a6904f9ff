import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { ElementType } from '@gradloom/core';
import type { ExtensionName } from '@gradloom/core/internal';
import { median } from '../../packages/cli/src/lab/figures/range.ts';
import { type Backend, compileFor } from '../../packages/runtime/src/engine/backends/backend.ts';
import { allocateControl } from '../../packages/runtime/src/engine/threads/barrier.ts';
import { passesOf } from '../passes.ts';
import { type PeakLayer, type PeakMeasured, type PeakTask, productNames } from './thread.ts';

/** What to measure. */
export interface PeakOptions {
  readonly extension: ExtensionName;
  readonly type: ElementType; // type of the elements
  readonly threads: number;
  readonly rounds: number;
  readonly budgetMs: number; // time of a figure in a round
  /** Layers whose products a backend computes, measured along with the peak. */
  readonly products?: { readonly backend: Backend; readonly layers: readonly PeakLayer[] };
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
  /** Products by layer. */
  readonly layers: readonly Readonly<Record<string, Reached>>[];
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
  const { backend = null, layers = [] } = products ?? {};
  const control = allocateControl();
  const compiled = backend === null ? null : compileFor(backend, type);
  const tasks = Array.from({ length: threads }, (_, thread): PeakTask => {
    const threadLayers = layers.map((layer) => ({
      layer,
      passes: backend === null || !('batch' in layer) ? [] : (passesOf(backend, layer.batch, threads)[thread] ?? []),
    }));
    return {
      extension,
      type,
      backend,
      compiled,
      layers: threadLayers,
      control,
      threads,
      rounds,
      budgetMs,
      cores: availableParallelism(),
    };
  });
  const measured = await Promise.all(tasks.map(runThread));
  const total = (figures: (one: PeakMeasured) => readonly number[]): number[] =>
    Array.from({ length: rounds }, (_, round) => measured.reduce((sum, one) => sum + figures(one)[round], 0));
  const reached = (layer: number, name: string): Reached => {
    const gflops = total((one) => one.layers[layer][name].map((figure) => figure.gflops));
    const peak = total((one) => one.layers[layer][name].map((figure) => figure.peak));
    return { gflops: median(gflops), share: median(gflops.map((figure, round) => figure / peak[round])) };
  };
  return {
    width: measured[0].width,
    gflops: median(total(({ peak }) => peak)),
    layers: layers.map((layer, l) => Object.fromEntries(productNames(layer).map((name) => [name, reached(l, name)]))),
  };
}

function runThread(task: PeakTask): Promise<PeakMeasured> {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: task });
  return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
}
