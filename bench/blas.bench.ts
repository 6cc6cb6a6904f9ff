import type { Op } from '@gradloom/core';
import { createList, createWasmKernels, link, ops, takeKernelScratch, WasmApi } from '@gradloom/core/internal';
import { Bench } from 'tinybench';
import { createBlasKernels } from '../packages/runtime/src/engine/backends/native/blas-kernels.ts';
import { findBlas } from '../packages/runtime/src/engine/backends/native/find-blas.ts';
import { matching, readOptions } from './options.ts';
import { endSuite } from './suites.ts';

// How close do the products of the blas kernels come to cblas_dgemm in a bare loop? GFLOP/s on one core, medians.
// Usage: pnpm bench blas [--only 784x128] [--time 300]; GRADLOOM_BLAS=<path> for another library

const options = readOptions();
const { only, timeMs = 300 } = options;

const { library, reason } = findBlas();
if (library === null) {
  console.log(`Skipped: ${reason}`);
  process.exit();
}
const { dgemm, identity } = library;
console.log(`${identity.name} ${identity.version} (${identity.core})`);

const shapes = [
  [256, 512, 784],
  [32, 784, 128],
  [64, 784, 128],
  [128, 784, 128],
  [64, 512, 256],
  [32, 128, 10],
].map(([B, I, O]) => ({ name: `${B}x${I}x${O}`, B, I, O }));
const PAGES = 1024; // 64 MiB; the largest shape needs 10
const memory = new WasmApi.Memory({ initial: PAGES, maximum: PAGES, shared: true });

const table: Record<string, string>[] = [];
for (const { name: shape, B, I, O } of matching('only', only, shapes)) {
  let end = 0;
  const allocate = (length: number): Float64Array => {
    const offset = Math.ceil(end / 64) * 64;
    end = offset + 8 * length;
    const array = new Float64Array(memory.buffer, offset, length);
    for (let i = 0; i < length; i++) array[i] = (i % 101) / 101 - 0.5;
    return array;
  };
  const scratch = takeKernelScratch([[I, O]], allocate);
  const [x, dx, W, dW] = [B * I, B * I, I * O, I * O].map(allocate);
  const [y, dy, b, db] = [B * O, B * O, O, O].map(allocate);
  const kernels = createBlasKernels(library, createWasmKernels({ memory, elementType: 'float64', scratch }));

  const linked = <Args extends readonly unknown[]>(op: Op<Args>, ...args: Args) => {
    const { calls, emit } = createList();
    emit(op, ...args);
    return link(calls, kernels).run;
  };

  const bench = new Bench({ time: timeMs, warmupTime: 50 });
  bench.add('y, bare', () => dgemm(101, 111, 111, B, O, I, 1, x, I, W, O, 0, y, O));
  bench.add('y', linked(ops.affine, y, x, W, b, B, I, O, O));
  bench.add('dx, bare', () => dgemm(101, 111, 112, B, I, O, 1, dy, O, W, O, 0, dx, I));
  bench.add('dx', linked(ops.affineBackwardInput, dx, dy, W, B, I, O));
  bench.add('dW, bare', () => dgemm(101, 112, 111, I, O, B, 1, x, I, dy, O, 0, dW, O));
  bench.add('dW and db', linked(ops.affineBackwardWeights, dW, db, x, dy, B, B, false, I, O));
  await bench.run();

  const gflops = bench.tasks.map(({ result }) => {
    if (!('latency' in result)) throw new Error(`${shape}: no result`);
    return (2 * B * I * O) / result.latency.p50 / 1e6;
  });
  for (const [i, product] of ['y', 'dx', 'dW and db'].entries()) {
    const [bare, ours] = gflops.slice(2 * i, 2 * i + 2);
    const share = `${Math.round((100 * ours) / bare)} %`;
    table.push({ shape, product, bare: bare.toFixed(1), kernels: ours.toFixed(1), share });
  }
}
endSuite('blas', table, options, { ratio: 'share', keys: ['shape', 'product'] });
