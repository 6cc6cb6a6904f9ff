import type { Kernels } from '@gradloom/core';
import { createList, link, WasmApi, wasmHeapBase } from '@gradloom/core/internal';
import { Bench } from 'tinybench';
import { compileFor, compileKernels, createBackendKernels } from '../packages/runtime/src/engine/backends/backend.ts';
import { takeKernelScratch } from '../packages/runtime/src/engine/memory/thread-scratch.ts';
import { backendsHere } from './backends-here.ts';
import { type KernelRow, kernelRows } from './kernel-rows.ts';
import { matching, readOptions } from './options.ts';
import { endSuite } from './suites.ts';

// How long does a call of each kernel take on one core? Medians, arrays in cache; run alone on the machine.
// Usage: pnpm bench kernels [--backends reference,wasm] [--only 256x] [--time 300]

const options = readOptions();
// native and blas only if they run here
const { only, backends: names = 'reference,wasm,native,blas', timeMs = 100 } = options;
const SAMPLE_MS = 0.1; // calls are repeated for this long, far above the clock's resolution

const memory = new WasmApi.Memory({ initial: 2048, maximum: 2048, shared: true }); // 128 MiB
const module = compileKernels();
let end = Math.ceil(wasmHeapBase(module) / 64) * 64;

const backends = new Map<string, Kernels>();
for (const backend of backendsHere(names)) {
  // Each backend has its own scratch: the native kernels keep constants there.
  const scratch = takeKernelScratch([[1024, 1024]], backend.name, allocate);
  backends.set(backend.name, createBackendKernels(backend, { ...compileFor(backend), memory, scratch }));
}

const table: Record<string, string>[] = [];
for (const row of matching('only', only, kernelRows(allocate))) {
  const figures: Record<string, string> = { kernel: row.name, unit: row.unit };
  for (const [name, kernels] of backends) figures[name] = await measure(row, kernels);
  table.push(figures);
}
endSuite('kernels', table, options);

async function measure({ unit, work, emit }: KernelRow, kernels: Kernels): Promise<string> {
  const list = createList();
  emit(list.emit, kernels);
  const callMs = await medianMs(link(list.calls, kernels).run);
  return unit === 'GFLOP/s' ? (work / callMs / 1e6).toFixed(1) : ((callMs * 1e6) / work).toFixed(2);
}

async function medianMs(call: () => unknown): Promise<number> {
  const startMs = performance.now();
  let calls = 0;
  while (calls === 0 || performance.now() - startMs < 20) {
    call();
    calls++;
  }
  const repeats = Math.ceil((calls * SAMPLE_MS) / 20);
  const bench = new Bench({ time: timeMs, iterations: 3, warmup: false });
  bench.add('kernel', () => {
    for (let r = 0; r < repeats; r++) call();
  });
  const [{ result }] = await bench.run();
  if (result.state !== 'completed') throw new Error(`bench: kernel has state ${result.state}, expected completed`);
  return result.latency.p50 / repeats;
}

/** Allocates an array in the shared memory on a 64-byte boundary, filled with 0.5. */
function allocate(length: number): Float64Array {
  const array = new Float64Array(memory.buffer, end, length).fill(0.5);
  end += Math.ceil(length / 8) * 64;
  return array;
}
