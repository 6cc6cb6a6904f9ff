import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildNetwork, createPredictor, dense, type Elements, type LayerSpec, type NetworkSpec } from '@gradloom/core';
import {
  type BackendChoice,
  createPool,
  type Dataset,
  datasetFromRows,
  evaluateModel,
  fingerprint,
  loadModel,
  type Pool,
  saveModel,
  splitDataset,
  TrainingError,
  type TrainOptions,
  train,
} from '@gradloom/runtime';
import { resolveBackend } from '@gradloom/runtime/internal';
import { afterEach, describe, expect, test } from 'vitest';
import { firstDifference } from '../../support/bits.ts';
import { checkpointedRun, reproducibleFields } from '../../support/checkpointed-run.ts';
import { counted, onlyInAll } from '../../support/count.ts';
import type { PlannedFault } from '../../support/fault.ts';
import { needs } from '../../support/needs.ts';
import { oracle } from '../../support/oracle.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { programFile } from '../../support/program-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

// Rows depend on each other here, so threads meet at barriers inside of their passes.

/** First, alone, after products of machine code, and in residual blocks that stand in residual blocks. */
const layers: LayerSpec[] = [
  { kind: 'batch-norm' },
  { kind: 'dense', out: 33 },
  { kind: 'batch-norm', momentum: 0.4 },
  { kind: 'relu' },
  {
    kind: 'residual',
    layers: [
      { kind: 'batch-norm' },
      { kind: 'residual', layers: [{ kind: 'batch-norm' }, { kind: 'tanh' }, { kind: 'dense', out: 33 }] },
      { kind: 'dropout', rate: 0.2 },
    ],
  },
  { kind: 'dense', out: 4 },
];
const spec: NetworkSpec = { input: 9, layers };
const datasetOf = (rows: number): Dataset => randomDataset({ rows, inputs: 9, classes: 4 });

/** Threads of the largest team. */
const MOST = counted(7, 16);

const pool = await poolOfFile(MOST);
const temporary = temporaryFolder();

interface Case {
  readonly name: string;
  readonly rows: number;
  readonly options: Pick<TrainOptions, 'optimizer' | 'clipNorm' | 'schedule'> & { batch: number; steps: number };
  readonly more?: Pick<TrainOptions, 'probe' | 'profile' | 'shuffle'>;
}

const cases: Case[] = [
  { name: 'batches that do not divide', rows: 145, options: { batch: 50, steps: 7 } },
  { name: 'one row at a time', rows: 5, options: { batch: 1, steps: 9 } },
  // Threads have several passes; the last batch has one row.
  { name: 'leaves of 32 rows', rows: 1101, options: { batch: 1100, steps: 3, optimizer: 'sgd' } },
  { name: 'looks at several passes', rows: 700, options: { batch: 600, steps: 4 }, more: { probe: 2 } },
  { name: 'a profile', rows: 145, options: { batch: 50, steps: 7 }, more: { profile: true } },
  {
    name: 'clipping, and decay of all parameters',
    rows: 145,
    options: { batch: 50, steps: 7, clipNorm: 0.01, optimizer: { kind: 'lion', weightDecay: 0.5, decayed: 'all' } },
  },
];

describe.each<[BackendChoice, BackendChoice]>([
  ['reference', 'reference'],
  ['wasm', 'reference'],
  ['native', 'native'],
  ['blas', 'blas'],
])('on %s', (backend, oracleOn) => {
  const isFast = backend === 'wasm' || backend === 'native';
  test.each(isFast ? cases : cases.slice(0, counted(3, cases.length)))(
    '$name: ends in the bits of whole steps in one thread, whatever the team',
    { ...needs(backend), timeout: 120_000 },
    async ({ rows, options, more }) => {
      const dataset = datasetOf(rows);
      const shared = { loss: 'softmax-cross-entropy', optimizer: 'adam', seed: 5, ...options } as const;
      const expected = oracle(spec, dataset, shared, resolveBackend(oracleOn));
      for (const threads of backend === 'wasm' ? [1, 3, MOST, ...onlyInAll(2)] : [3, ...onlyInAll(1, 2, MOST)]) {
        const run = train(spec, { train: dataset }, { ...shared, ...more, threads, backend, pool });
        const { parameters } = await run;
        expect([threads, firstDifference(parameters, expected.parameters)]).toEqual([threads, null]);
      }
    },
  );
});

/** The running means and variances of a parameter vector, and all else. */
function parted(network: NetworkSpec, weights: Elements): { running: Float64Array[]; trained: Float64Array[] } {
  const parameters = Float64Array.from(weights);
  const { tensors } = buildNetwork(network);
  const views = (isTrained: boolean) =>
    tensors
      .filter((tensor) => tensor.isTrained === isTrained)
      .map(({ offset, length }) => parameters.subarray(offset, offset + length));
  return { running: views(false), trained: views(true) };
}

describe('running statistics', () => {
  const data = splitDataset(datasetOf(182), { validation: 40 / 182, test: 0 });
  const base = { batch: 33, epochs: 3, seed: 3, backend: 'wasm' } satisfies TrainOptions;

  test('move, and are what a saved model predicts and evaluates with, in any thread and in plain code', async () => {
    const { parameters, validation } = await train(spec, data, { ...base, threads: 3, pool });
    const { running } = parted(spec, parameters);
    expect(running).toHaveLength(8);
    expect(running.every((tensor) => tensor.every((value) => value !== 0 && value !== 1))).toBe(true);
    const path = join(temporary.path, 'model');
    saveModel(path, { spec, parameters, loss: 'softmax-cross-entropy' });
    const model = loadModel(path);
    expect(fingerprint(model.parameters)).toBe(fingerprint(parameters));
    const rows = data.validation as Dataset;
    const x = Float64Array.from(rows.inputs.array);
    const y = model.outputs(x);
    expect(firstDifference(createPredictor(buildNetwork(spec), parameters)(x), y)).toBeNull();
    expect((await evaluateModel(spec, parameters, rows, { threads: 3, backend: 'wasm' })).loss).toBe(validation?.loss);
    // A row alone has the outputs that it has among others.
    for (const n of [0, 7]) {
      const alone = model.outputs(x.slice(n * 9, (n + 1) * 9));
      expect(firstDifference(alone, y.subarray(n * 4, (n + 1) * 4))).toBeNull();
    }
  });

  test('survive checkpoints: a resume from each, on another number of threads, ends in the same bits', async () => {
    const calm = await train(spec, data, { ...base, threads: 1, pool });
    const every = counted(4, 1);
    const { result, checkpoints } = await checkpointedRun(spec, data, { ...base, threads: 2, pool }, every);
    expect(reproducibleFields(result)).toEqual(reproducibleFields(calm));
    for (const [at, resume] of checkpoints.entries()) {
      if (resume.progress.step % every !== 0) continue; // the best so far
      const resumed = await train(spec, data, { ...base, threads: 1 + (at % 5), pool, resume });
      expect(reproducibleFields(resumed), `from step ${resume.progress.step}`).toEqual(reproducibleFields(calm));
    }
  });

  test('go back with the weights where a rate diverges', async () => {
    const rising = {
      ...base,
      loss: 'mse',
      optimizer: { kind: 'sgd', lr: 0.1, momentum: 0.5 },
      schedule: { kind: 'step', everyEpochs: 2, gamma: 16 },
      onNan: 'rollback',
      batch: 5,
      epochs: 6,
    } satisfies TrainOptions;
    const runs = [1, 3].map(async (threads) => {
      const run = train(spec, data, { ...rising, threads, pool });
      const backs: unknown[] = [];
      for await (const event of run) if (event.type === 'rollback') backs.push(event);
      return { backs, result: reproducibleFields(await run) };
    });
    const [one, three] = await Promise.all(runs);
    expect(one.backs.length).toBeGreaterThan(0);
    expect(three).toEqual(one);
    expect(one.result.parameters.every(Number.isFinite)).toBe(true);
  });
});

describe('a thread that fails between barriers', () => {
  const fault = programFile('fault', 'cjs');
  let faulty: Pool | undefined;
  afterEach(async () => {
    delete process.env.GRADLOOM_TEST_FAULT;
    await faulty?.destroy();
  });

  // A step has 14 arrivals: 13 within the pass, and one before the update; its end is another.
  test.each([
    ['throw', 2] as const,
    ['exit', 103] as const,
    ...onlyInAll(['exit', 20] as const, ['memory', 71] as const),
  ])('%s at arrival %i: new threads end in the bits of a calm run', async (kind, arrivals) => {
    const marks = join(temporary.path, `${kind}-${arrivals}`);
    mkdirSync(marks);
    process.env.GRADLOOM_TEST_FAULT = JSON.stringify({ kind, arrivals, again: 5, times: 2, marks } as PlannedFault);
    const limits = kind === 'memory' ? { heapMiB: 48 } : {};
    faulty = await createPool({ threads: 2, execArgv: [...process.execArgv, '--require', fault], ...limits });
    const data = { train: datasetOf(145) };
    const options = { batch: 50, epochs: 6, seed: 2 } as const;
    const { fingerprint: actual } = await train(spec, data, { ...options, threads: 2, pool: faulty });
    expect(readdirSync(marks)).toHaveLength(2);
    const calm = await train(spec, data, { ...options, threads: 1, pool });
    expect(actual).toBe(calm.fingerprint);
  });
});

describe.each<BackendChoice>(['reference', 'wasm', 'native', 'blas'])('a step that is not finite, on %s', (backend) => {
  const network: NetworkSpec = { input: 9, layers: [dense(40), { kind: 'batch-norm' }, { kind: 'relu' }, dense(4)] };

  test.each(backend === 'wasm' ? [1, 3] : [3, ...onlyInAll(1)])(
    'names step and layer, and keeps the state before it, %i threads',
    needs(backend),
    async (threads) => {
      const inputs = Array.from({ length: 101 }, (_, n) =>
        Array.from({ length: 9 }, (_, i) => ((n * 37 + i * i) % 11) - 5),
      );
      const wide = datasetFromRows({ inputs, targets: inputs.map((row) => row.slice(0, 4)), name: 'wide' });
      const options = { batch: 50, seed: 1, backend, pool, loss: 'mse' } as const;
      const run = { ...options, optimizer: { kind: 'sgd', lr: 1e60 }, threads } as const;
      const error = await train(network, { train: wide }, { ...run, epochs: 9 }).catch((cause: unknown) => cause);
      if (!(error instanceof TrainingError)) throw error;
      expect(error.step).toBeGreaterThan(0);
      expect(error.message).toMatch(new RegExp(`^train: step ${error.step}[,:] .*dense\\(\\d+->\\d+\\) at layer \\d`));
      const before = await train(network, { train: wide }, { ...run, steps: error.step });
      expect(firstDifference(error.parameters, before.parameters)).toBeNull();
    },
  );

  test('finds a number that is none in the data', needs(backend), async () => {
    const inputs = Array.from({ length: 40 }, (_, n) => [n === 33 ? Number.NaN : n / 40, 1, ...new Array(7).fill(n)]);
    const bad = datasetFromRows({ inputs, targets: inputs.map(() => [1, 2, 3, 4]), name: 'holes' });
    const run = train(network, { train: bad }, { backend, pool, threads: 2, batch: 40, loss: 'mse' });
    const error = await run.catch((cause: unknown) => cause);
    expect(String(error)).toContain('step 0, rows 0 to 39 of the batch: the inputs have NaN, expected finite numbers');
    // The running statistics are those of the start.
    const { running } = parted(network, (error as TrainingError).parameters);
    expect(running.map((tensor) => [...new Set(tensor)])).toEqual([[0], [1]]);
  });
});
