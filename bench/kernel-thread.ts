import { parentPort, workerData } from 'node:worker_threads';
import type { ElementType, Kernels } from '@gradloom/core';
import { createAllocator, createList, link, tapesOf, WasmApi } from '@gradloom/core/internal';
import {
  type Backend,
  type CompiledKernels,
  createBackendKernels,
} from '../packages/runtime/src/engine/backends/backend.ts';
import { takeKernelScratch } from '../packages/runtime/src/engine/memory/thread-scratch.ts';
import { type KernelRow, kernelRows } from './kernel-rows.ts';

/** What a thread measures. It is sent the name of a row for each turn, and answers with the turn's `CallMs`. */
export interface KernelTask {
  readonly precision: ElementType;
  readonly backends: readonly { readonly backend: Backend; readonly compiled: CompiledKernels }[];
  readonly turnMs: number; // time for each backend
}

/** ms per call of the fastest sample, by backend. */
export type CallMs = Readonly<Record<string, number>>;

const SAMPLE_MS = 0.1; // calls are repeated for at least this long, far above the clock's resolution
const WARM_MS = 20;

const { precision, backends, turnMs } = workerData as KernelTask;
const memory = new WasmApi.Memory({ initial: 2048, maximum: 2048, shared: true }); // 128 MiB
const allocate = createAllocator('bench', new Float64Array(memory.buffer), precision);
const kernels = backends.map(({ backend, compiled }): Kernels => {
  // Each backend has its own scratch: the native kernels keep constants there.
  const scratch = takeKernelScratch([[1024, 1024]], backend.name, allocate);
  return createBackendKernels(backend, { ...compiled, memory, scratch });
});
const rows = kernelRows(allocate);
let open: { readonly name: string; turn(): CallMs } | null = null;

parentPort?.on('message', (name: string) => {
  if (open?.name !== name) open = openRow(rows.find((row) => row.name === name) as KernelRow);
  parentPort?.postMessage(open.turn());
});

function openRow({ name, emit, restored = [] }: KernelRow): { readonly name: string; turn(): CallMs } {
  const first = restored.map((array) => array.slice());

  /** ms of a number of calls. */
  function sample(run: () => unknown, calls: number): number {
    for (const [k, array] of restored.entries()) array.set(first[k]);
    const startMs = performance.now();
    for (let c = 0; c < calls; c++) run();
    return performance.now() - startMs;
  }

  const programs = kernels.map((backendKernels) => {
    const list = createList();
    emit(list.emit, backendKernels);
    const { run } = link(list.calls, backendKernels, tapesOf(allocate));
    const warmMs = performance.now() + WARM_MS;
    let calls = 1;
    while (performance.now() < warmMs) if (sample(run, calls) < SAMPLE_MS) calls *= 2;
    return { backend: backendKernels.name, run, calls };
  });

  function fastest(run: () => unknown, calls: number): number {
    const endMs = performance.now() + turnMs;
    let ms = sample(run, calls);
    while (performance.now() < endMs) ms = Math.min(ms, sample(run, calls));
    return ms / calls;
  }

  return {
    name,
    turn: () => Object.fromEntries(programs.map(({ backend, run, calls }) => [backend, fastest(run, calls)])),
  };
}
