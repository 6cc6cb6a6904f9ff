import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { buildNetwork, type ElementType } from '@gradloom/core';
import { bytesOfElements, defaultLeafRows } from '@gradloom/core/internal';
import { type BackendChoice, createPool } from '@gradloom/runtime';
import { measureBandwidth, resolveBackend } from '@gradloom/runtime/internal';
import { compileFor } from '../../packages/runtime/src/engine/backends/backend.ts';
import { allocateControl } from '../../packages/runtime/src/engine/threads/barrier.ts';
import { passesOf } from '../passes.ts';
import type { FloorTask } from './floor-worker.ts';
import type { Workload } from './workloads.ts';

/** Elements that an update moves per parameter: gradients in two rows; weight and two moments, read and written. */
const UPDATE_ELEMENTS = 8;

/**
 * Lower bound of a step's time (docs/speed.md): only its products on the same threads, and the update at memory speed.
 */
export interface Floor {
  readonly productsMs: number;
  readonly updateMs: number;
  readonly stepMs: number;
  readonly threads: number;
}

export async function measureFloor(
  workload: Workload,
  choice: BackendChoice,
  elementType: ElementType,
  threads: number,
): Promise<Floor> {
  const { batch } = workload;
  const backend = resolveBackend(choice);
  const leaf = defaultLeafRows(batch);
  const passes = passesOf(backend, batch, threads);
  const control = allocateControl();
  const cores = availableParallelism();
  const times = passes.map((threadPasses) => {
    const task: FloorTask = {
      backend,
      compiled: compileFor(backend, elementType),
      workload,
      leaf,
      elementType,
      passes: threadPasses,
      control,
      threads,
      cores,
      budgetMs: 300,
    };
    const worker = new Worker(new URL('./floor-worker.ts', import.meta.url), { workerData: task });
    return new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject));
  });
  const productsMs = Math.max(...(await Promise.all(times)));
  const P = buildNetwork(workload.network).parameterCount;
  const updateMs = bytesOfElements(elementType, UPDATE_ELEMENTS * P) / ((await bandwidth(threads)) * 1e6);
  return { productsMs, updateMs, stepMs: productsMs + updateMs, threads };
}

const measured = new Map<number, Promise<number>>();

/** 10⁹ bytes a second of a triad, measured once per number of threads. */
export function bandwidth(threads: number): Promise<number> {
  const known = measured.get(threads) ?? measureOnce(threads);
  measured.set(threads, known);
  return known;
}

async function measureOnce(threads: number): Promise<number> {
  const pool = await createPool({ threads });
  try {
    return await measureBandwidth(pool, threads);
  } finally {
    await pool.destroy();
  }
}
