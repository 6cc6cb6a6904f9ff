import { Worker } from 'node:worker_threads';
import type { NetworkSpec } from '@gradloom/core';
import { complete } from '@gradloom/core/internal';
import {
  batchNorm,
  type Dataset,
  datasetFromRows,
  dense,
  dropout,
  embedding,
  flatten,
  globalAvgPool,
  input,
  layerNorm,
  network as networkOf,
  residual,
  sequential,
  sigmoid,
  swiglu,
  type TrainOptions,
  tanh,
} from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { loadModules } from '../../../packages/runtime/src/engine/modules/load-parts.ts';
import type { SpanTask } from '../../../packages/runtime/src/engine/threads/protocol.ts';
import { planRun } from '../../../packages/runtime/src/training/run/plan.ts';
import { prepareRun } from '../../../packages/runtime/src/training/run/prepare.ts';
import { counted } from '../../support/count.ts';
import type { HeapUse } from '../../support/heap-worker.ts';
import { needs } from '../../support/needs.ts';
import { programFile } from '../../support/program-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const STEPS = counted(5000, 10_000);
const SPANS = 8; // at most: on a busy machine the compiler comes late
const MOST_BYTES = 4; // of a step
const dataset = randomDataset({ rows: 300, inputs: 8, classes: 3 });
const network = (fn: 'relu' | 'sigmoid' | 'gelu', width = 16): NetworkSpec =>
  sequential(8, dense(width), { kind: 'activation', fn }, dropout(0.1), dense(3));

/** Layers with memory of their own, and layers inside of others. */
const nested = sequential(
  2,
  embedding(7, 4),
  flatten(),
  residual(layerNorm(), swiglu(8), residual(dense(8)), tanh()),
  dense(3),
);
/** Two outputs, of which one weighs a text by numbers beside it: values that several layers read, and formulas. */
const graph = networkOf(
  (() => {
    const cells = input([3], 'cells');
    const words = input([5], 'words').through(embedding(7, 4), globalAvgPool());
    const shares = cells.through(dense(4), sigmoid());
    const both = words.times(shares).plus(words.square()).concat(cells);
    return { sort: both.through(dense(3)), size: both.through(batchNorm(), dense(1)) };
  })(),
);
const parts = datasetFromRows({
  inputs: Array.from({ length: 300 }, (_, n) => Array.from({ length: 8 }, (_, i) => (n * n + i) % 7)),
  targets: {
    sort: Array.from({ length: 300 }, (_, n) => 'abc'[n % 3]),
    size: Array.from({ length: 300 }, (_, n) => (n % 5) / 5),
  },
  lengths: Array.from({ length: 300 }, (_, n) => [1, 1 + (n % 5)]),
});

const values = datasetFromRows({
  inputs: Array.from({ length: 300 }, (_, n) => Array.from({ length: 8 }, (_, k) => Math.sin(n * k + k))),
  targets: Array.from({ length: 300 }, (_, n) => [n % 3, n % 5, n % 7]),
});
const indices = datasetFromRows({
  inputs: Array.from({ length: 300 }, (_, n) => [n % 7, (n * n) % 7]),
  targets: Array.from({ length: 300 }, (_, n) => n % 3),
  classes: 3,
});

/** An own activation, layer and loss that are formulas. */
const folder = temporaryFolder();
folder.write('package.json', '{ "type": "module" }');
const formulas = folder.write(
  'formulas.js',
  `export const swish = {
    part: 'activation', name: 'swish', alpha: 2, formula: ({ z, alpha }) => z.times(z.times(alpha).sigmoid()),
  };
  export const film = {
    part: 'layer', name: 'film', tensors: (_options, shape) => ({ gamma: { shape, start: 1 }, beta: { shape } }),
    formula: ({ x, gamma, beta }) => x.times(gamma).plus(beta),
  };
  export const pinball = {
    part: 'loss', name: 'pinball', formula: ({ y, t }) => t.minus(y).times(t.above(y).where(0.8, -0.2)),
  };`,
);
const own = sequential(8, dense(16), { kind: 'film' } as never, { kind: 'swish' } as never, dense(3));
const ownLoss = { loss: 'pinball' as never, modules: [formulas], batch: 17 };

/** Heap that each span leaves, until one leaves little, in a new thread that runs them as in a pool. */
async function spansInThread(spec: NetworkSpec, train: Dataset, options: TrainOptions): Promise<HeapUse[]> {
  const data = { train };
  const length = { steps: SPANS * STEPS, shuffle: false };
  const { modules = [], ...others } = options;
  const loaded = await loadModules('train', modules);
  const plan = complete(planRun(spec, data, { backend: 'wasm', ...others, ...length, threads: 1 }, loaded));
  const { setup } = complete(prepareRun(plan, data));
  const task: SpanTask = { kind: 'span', setup, live: [setup.run], thread: 0, threads: 1, first: 0, limit: STEPS };
  const worker = new Worker(programFile('heap-worker'), {
    workerData: { task, spans: SPANS, enoughBytes: MOST_BYTES * STEPS },
  });
  return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
}

describe.each<[string, NetworkSpec, Dataset, TrainOptions]>([
  [
    'gelu, quadratic loss, rmsprop, clipping, cosine',
    network('gelu'),
    dataset,
    { batch: 10, loss: 'quadratic', optimizer: 'rmsprop', clipNorm: 1, schedule: 'cosine' },
  ],
  // Two leaves, and two blocks of parameters.
  ['relu, several leaves, adam', network('relu', 350), dataset, { batch: 17 }],
  [
    'floats of sigmoid, sgd, clipping',
    network('sigmoid'),
    dataset,
    { batch: 10, precision: 'float32', optimizer: { kind: 'sgd', momentum: 0.9 }, clipNorm: 1 },
  ],
  ['in machine code', network('relu', 64), dataset, { batch: 10, backend: 'native' }],
  [
    'floats in machine code, several leaves',
    network('relu', 350),
    dataset,
    { batch: 17, backend: 'native', precision: 'float32' },
  ],
  [
    'a graph of two parts and two outputs, with weights of classes',
    graph,
    parts,
    { batch: 17, backend: 'native', classWeight: 'balanced' },
  ],
  ['own formulas', own, values, ownLoss],
  ['own formulas of floats in machine code', own, values, { ...ownLoss, backend: 'native', precision: 'float32' }],
  ['embedding, residual, layer-norm and swiglu, adamw', nested, indices, { batch: 10, optimizer: 'adamw' }],
  ['embedding, residual, layer-norm and swiglu, muon', nested, indices, { batch: 10, optimizer: 'muon' }],
])('%s', (_name, spec, train, options) => {
  const title = `a span of ${STEPS} steps leaves under ${MOST_BYTES} bytes a step and wakes no collector`;
  test(title, { ...needs(options.backend ?? 'wasm'), timeout: 240_000 }, async () => {
    const uses = await spansInThread(spec, train, options);
    // What a step leaves, every span does; what the compiler leaves, and takes away, only some do.
    const undisturbed = uses.filter(({ collections }) => collections === 0);
    expect(undisturbed).not.toEqual([]);
    expect(Math.min(...undisturbed.map(({ bytes }) => bytes)) / STEPS).toBeLessThan(MOST_BYTES);
  });
});
