import { join } from 'node:path';
import type { ElementType } from '@gradloom/core';
import { elementTypes } from '@gradloom/core/internal';
import { median } from '../packages/cli/src/lab/figures/range.ts';
import { extensionsHere } from '../packages/runtime/src/engine/backends/native/machine-code.ts';
import { backendsHere } from './backends-here.ts';
import { readOptions } from './options.ts';
import { computes, measureTeam } from './peak/team.ts';
import { type PeakLayer, productNames } from './peak/thread.ts';
import { startPeer, warmPeer } from './peers/peer-process.ts';
import { createWorkloads, flopsOf, type Workload } from './peers/workloads.ts';
import { endSuite } from './suites.ts';

// What share of the processor's own limit do products and whole steps reach? The limit is the rate of multiply-add in
// registers, without loads or stores, on as many threads at the same time, measured again before each figure. Products
// are called as in a step: up to 256 rows at a time. Of a step only its products count as work, including terms of 0,
// which Gradloom skips: the lines marked noise have none. Run alone on the machine, where it takes about half an hour.
// Usage: npm run bench -- peak [--backends native,blas,wasm] [--threads 2] [--only 1024x512x512] [--rounds 5] [--time
// 60]

/** Dense layers: rows x inputs x outputs; and convolutions, of which each thread has some images. */
const layers: readonly PeakLayer[] = [
  { batch: 1024, I: 512, O: 512 },
  { batch: 1024, I: 784, O: 512 },
  { batch: 1024, I: 512, O: 256 },
  { batch: 256, I: 512, O: 512 },
  { batch: 256, I: 784, O: 512 },
  { batch: 128, I: 784, O: 128 },
  { batch: 32, I: 784, O: 128 },
  { batch: 128, I: 64, O: 64 },
  { images: 4, size: 26, C: 32, O: 64, kernel: 3, groups: 1 },
  { images: 8, size: 32, C: 16, O: 16, kernel: 3, groups: 1 },
  { images: 16, size: 16, C: 32, O: 32, kernel: 3, groups: 1 },
  { images: 32, size: 8, C: 64, O: 64, kernel: 3, groups: 1 },
  { images: 2, size: 32, C: 96, O: 96, kernel: 3, groups: 1 },
  { images: 16, size: 28, C: 6, O: 16, kernel: 5, groups: 1 },
  { images: 32, size: 28, C: 1, O: 6, kernel: 5, groups: 1 },
  { images: 8, size: 16, C: 128, O: 128, kernel: 3, groups: 128 },
];
const WARM_MS = 1500; // warm-up of steps, until their code is compiled
const STEPS_MS = 400; // time of a round

const options = readOptions();
const { rounds, only, backends: names = 'native,blas,wasm', timeMs: budgetMs = 60 } = options;
const teams = options.threads === 1 ? [1] : [1, options.threads];
const extensions = extensionsHere();
const [widest] = extensions;
const backends = backendsHere(names);
const computing = backends.flatMap((backend) =>
  elementTypes.filter((type) => computes(backend, type)).map((type) => ({ backend, type })),
);
const isRequested = (name: string): boolean => name.includes(only);
const rows: Record<string, string | number>[] = [];
const line = (
  what: string,
  backend: string,
  type: ElementType,
  threads: number,
  width: number,
  gflops: number,
  share?: number,
): void => {
  const ofPeak = share === undefined ? '' : `${Math.round(100 * share)} %`;
  rows.push({ what, backend, type, width, threads, 'GFLOP/s': Number(gflops.toPrecision(3)), 'of peak': ofPeak });
};

for (const threads of teams) {
  for (const extension of extensions) {
    for (const type of elementTypes) {
      const { width, gflops } = await measureTeam({ extension, type, threads, rounds, budgetMs });
      line('multiply and add in registers', extension, type, threads, width, gflops);
    }
  }
}
/** A name such as affine 32x784x128, or convForward 8x26x26 32->64 3x3. */
function nameOf(layer: PeakLayer, product: string): string {
  const { O } = layer;
  if ('batch' in layer) return `${product} ${layer.batch}x${layer.I}x${O}`;
  const { images, size, C, kernel, groups } = layer;
  return `${product} ${images}x${size}x${size} ${C}->${O} ${kernel}x${kernel}${groups > 1 ? ' depthwise' : ''}`;
}
const some = layers.filter((layer) => productNames(layer).some((product) => isRequested(nameOf(layer, product))));
for (const threads of teams) {
  for (const { backend, type } of computing) {
    const products = { backend, layers: some };
    const measured = await measureTeam({ extension: widest, type, threads, rounds, budgetMs, products });
    for (const [l, layer] of some.entries()) {
      for (const product of productNames(layer)) {
        const name = nameOf(layer, product);
        const { gflops, share } = measured.layers[l][product];
        if (isRequested(name)) line(name, backend.name, type, threads, measured.width, gflops, share);
      }
    }
  }
}
const { workloads } = await createWorkloads();
for (const workload of workloads) {
  if (workload.isSmall || !isRequested(`step ${workload.name}`)) continue;
  for (const { backend, type } of computing) {
    for (const threads of teams) await measureStep(workload, backend.name, type, threads);
  }
}
endSuite('peak', rows, options, { ratio: 'of peak', keys: ['what', 'backend', 'type', 'threads'] });

/** Measures whole steps in a separate process, alternating with the peak. */
async function measureStep(workload: Workload, backend: string, type: ElementType, threads: number): Promise<void> {
  const program = [process.execPath, ...process.execArgv, join(import.meta.dirname, 'peers/gradloom.ts'), type];
  const steps = await startPeer(program, {});
  try {
    await steps.open(workload, { backend, threads });
    const count = Math.max(1, Math.round(STEPS_MS / (await warmPeer(steps, WARM_MS))));
    const [rates, shares]: number[][] = [[], []];
    let width = 0;
    for (let round = 0; round < rounds; round++) {
      const peak = await measureTeam({ extension: widest, type, threads, rounds: 1, budgetMs });
      const done = await steps.run(count);
      const gflops = (flopsOf(workload) * done.steps) / done.ms / 1e6;
      width = peak.width;
      rates.push(gflops);
      shares.push(gflops / peak.gflops);
    }
    line(`step ${workload.name}`, backend, type, threads, width, median(rates), median(shares));
  } finally {
    steps.end();
  }
}
