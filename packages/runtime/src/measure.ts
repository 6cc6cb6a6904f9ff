import { nativeScratchLength, WasmApi, wasmHeapBase } from '@gradloom/core';
import { type Backend, compileFor, compileKernels, createBackendKernels } from './backend.ts';

const B = 256;
const I = 512;
const O = 784;
const PAGE = 65_536;

/**
 * 10⁹ floating-point operations a second of y[256,784] = x[256,512] · W[512,784] + b in this thread: the median of the calls that
 * fit in `budgetMs`, at least one, after one that is not counted. The reference kernels take about 150 ms a call.
 */
export function measureGflops(backend: Backend, budgetMs = 200): number {
  const module = compileKernels();
  const lengths = [B * O, B * I, I * O, O, nativeScratchLength(I, O)];
  let end = wasmHeapBase(module);
  const offsets = lengths.map((length) => {
    const offset = Math.ceil(end / 64) * 64;
    end = offset + 8 * length;
    return offset;
  });
  const pages = Math.ceil(end / PAGE);
  const memory = new WasmApi.Memory({ initial: pages, maximum: pages, shared: true });
  const [y, x, W, b, scratch] = lengths.map((length, i) => new Float64Array(memory.buffer, offsets[i], length));
  for (const input of [x, W, b]) for (let i = 0; i < input.length; i++) input[i] = (i % 101) / 101 - 0.5;
  const kernels = createBackendKernels(backend, { ...compileFor(backend), memory, scratch });

  kernels.affine(y, x, W, b, B, I, O);
  const callsMs: number[] = [];
  const startMs = performance.now();
  let beforeMs = startMs;
  do {
    kernels.affine(y, x, W, b, B, I, O);
    const afterMs = performance.now();
    callsMs.push(afterMs - beforeMs);
    beforeMs = afterMs;
  } while (beforeMs - startMs < budgetMs);
  callsMs.sort((p, q) => p - q);
  return (2 * B * I * O) / callsMs[callsMs.length >> 1] / 1e6;
}
