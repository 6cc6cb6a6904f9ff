import { parseArgs } from 'node:util';
import { createWasmKernels, WasmApi, wasmHeapBase, wasmScratchLength } from '@gradloom/core';
import { Bench } from 'tinybench';
import { compileKernels } from '../packages/runtime/src/backend.ts';
import { createBlasKernels } from '../packages/runtime/src/native/blas-kernels.ts';
import { findBlas } from '../packages/runtime/src/native/find-blas.ts';

// How near do the products of the blas kernels come to cblas_dgemm in a bare loop? GFLOP/s on one core, medians.
// Usage: pnpm bench blas [--only 784x128] [--time 300]; GRADLOOM_BLAS=<path> for another library

const { values } = parseArgs({
  strict: false,
  options: {
    only: { type: 'string', default: '' }, // part of a shape
    time: { type: 'string', default: '300' }, // ms for each figure
  },
});

const { library, reason } = findBlas();
if (library === null) throw new Error(reason);
const { dgemm, identity } = library;
console.log(`${identity.name} ${identity.version} (${identity.core})`);

const shapes: [number, number, number][] = [
  [256, 512, 784],
  [32, 784, 128],
  [64, 784, 128],
  [128, 784, 128],
  [64, 512, 256],
  [32, 128, 10],
];
const PAGES = 1024; // 64 MiB, of which the largest shape takes 10
const module = compileKernels();
const memory = new WasmApi.Memory({ initial: PAGES, maximum: PAGES, shared: true });

for (const [B, I, O] of shapes) {
  const shape = `${B}x${I}x${O}`;
  if (!shape.includes(String(values.only))) continue;
  let end = wasmHeapBase(module);
  const allocate = (length: number): Float64Array => {
    const offset = Math.ceil(end / 64) * 64;
    end = offset + 8 * length;
    const array = new Float64Array(memory.buffer, offset, length);
    for (let i = 0; i < length; i++) array[i] = (i % 101) / 101 - 0.5;
    return array;
  };
  const scratch = allocate(wasmScratchLength(I, O));
  const [x, dx, W, dW] = [B * I, B * I, I * O, I * O].map(allocate);
  const [y, dy, b, db] = [B * O, B * O, O, O].map(allocate);
  const kernels = createBlasKernels(library, createWasmKernels({ module, memory, scratch }));

  const bench = new Bench({ time: Number(values.time), warmupTime: 50 });
  bench.add('y, bare', () => dgemm(101, 111, 111, B, O, I, 1, x, I, W, O, 0, y, O));
  bench.add('y', () => kernels.affine(y, x, W, b, B, I, O));
  bench.add('dx, bare', () => dgemm(101, 111, 112, B, I, O, 1, dy, O, W, O, 0, dx, I));
  bench.add('dx', () => kernels.affineBackwardInput(dx, dy, W, B, I, O));
  bench.add('dW, bare', () => dgemm(101, 112, 111, I, O, B, 1, x, I, dy, O, 0, dW, O));
  bench.add('dW and db', () => kernels.affineBackwardWeights(dW, db, x, dy, B, I, O));
  await bench.run();

  const gflops = bench.tasks.map(({ result }) => {
    if (!('latency' in result)) throw new Error(`${shape}: no result`);
    return (2 * B * I * O) / result.latency.p50 / 1e6;
  });
  const rows = ['y', 'dx', 'dW and db'].map((product, i) => {
    const [bare, ours] = gflops.slice(2 * i, 2 * i + 2);
    const share = `${Math.round((100 * ours) / bare)} %`;
    return { shape, product, bare: bare.toFixed(1), kernels: ours.toFixed(1), share };
  });
  console.table(rows);
}
