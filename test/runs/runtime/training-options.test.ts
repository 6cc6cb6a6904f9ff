import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NetworkSpec } from '@gradloom/core';
import {
  type BackendChoice,
  type DataMatrix,
  type DataSplits,
  datasetFromRows,
  dense,
  dropout,
  evaluateModel,
  fingerprint,
  LAST_FILE,
  loadModel,
  sequential,
  splitDataset,
  type TrainEvent,
  type TrainOptions,
  tanh,
  train,
} from '@gradloom/runtime';
import { resolveBackend } from '@gradloom/runtime/internal';
import { describe, expect, test } from 'vitest';
import { checkpointedRun } from '../../support/checkpointed-run.ts';
import { counted, onlyInAll } from '../../support/count.ts';
import { needs } from '../../support/needs.ts';
import { oracle } from '../../support/oracle.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';

// Two blocks of parameters; 4 batches an epoch, of two leaves, the last of 2 rows.
const spec = sequential(16, dense(192), tanh(), dropout(0.4), dense(12));
const withBatchNorm: NetworkSpec = {
  ...spec,
  layers: [...spec.layers.slice(0, 1), { kind: 'batch-norm' }, ...spec.layers.slice(1)],
};
const plain = splitDataset(randomDataset({ rows: 72, inputs: 16, classes: 12 }), { validation: 12 / 72, test: 0.1 });
const base = { batch: 17, epochs: 5, seed: 3, backend: 'wasm' } satisfies TrainOptions;
const STEPS = base.epochs * Math.ceil(plain.train.rows / base.batch);

const array = new Int32Array(new SharedArrayBuffer(4 * plain.train.rows));
for (let n = 0; n < array.length; n++) array[n] = n % 4;
const weighed: DataSplits = { ...plain, train: { ...plain.train, weights: { array, columns: 1, divisor: 2 } } };
/** Every third row counts nothing. */
function weightsFor(rows: number): DataMatrix {
  const array = new Uint8Array(new SharedArrayBuffer(rows));
  for (let n = 0; n < rows; n++) array[n] = n % 3;
  return { array, columns: 1, divisor: 1 };
}

const numbers = Array.from({ length: 12 }, (_, label) => label / 3);

type Own = Pick<TrainOptions, 'classWeight' | 'clipNorm' | 'ema' | 'loss' | 'maxNorm' | 'onNan' | 'optimizer'>;

/** An option, the data it is used on, and another value of it, which a resume refuses. */
const cases: [string, Own, DataSplits, Own][] = [
  ['balanced classes', { classWeight: 'balanced' }, plain, {}],
  ['weights of classes', { classWeight: numbers }, plain, { classWeight: [...numbers.slice(1), 5] }],
  ['weights of classes by name', { classWeight: { 3: 0.5, 7: 4 } }, plain, { classWeight: { 3: 0.5, 7: 5 } }],
  [
    'label smoothing',
    { loss: { kind: 'softmax-cross-entropy', labelSmoothing: 0.1 } },
    plain,
    { loss: { kind: 'softmax-cross-entropy', labelSmoothing: 0.2 } },
  ],
  ['max-norm', { maxNorm: 0.5 }, plain, { maxNorm: 0.6 }],
  ['max-norm with a moving average', { maxNorm: 0.5, ema: 0.9 }, plain, {}],
  ['a moving average', { ema: 0.9 }, plain, { ema: 0.8 }],
  [
    'a moving average of adamw that spares biases, with clipping',
    { ema: 0.99, clipNorm: 0.5, optimizer: { kind: 'adamw', decayed: 'weights' } },
    plain,
    {},
  ],
  ['a moving average with rollbacks', { ema: 0.9, onNan: 'rollback' }, plain, { ema: 0.95 }],
  ['weights of rows', {}, weighed, { classWeight: 'balanced' }],
  ['weights of rows and classes', { classWeight: 'balanced' }, weighed, { classWeight: { 1: 2 } }],
];

/** The backend of `base`: another may have bits of its own. */
const wasm = { backend: base.backend };

const pool = await poolOfFile(counted(3, 7));

const printOf = async (network: NetworkSpec, data: DataSplits, options: TrainOptions): Promise<string> =>
  (await train(network, data, { ...base, ...options, pool })).fingerprint;

/** Fingerprint of a run without any of the options. */
const plainPrint = await printOf(spec, plain, {});

describe.each(cases)('%s', (_name, runOptions, data, other) => {
  test('change the weights that come out', async () => {
    expect(await printOf(spec, data, runOptions)).not.toBe(plainPrint);
  });

  describe.each<[BackendChoice, BackendChoice]>([
    ['wasm', 'reference'],
    ['native', 'native'],
    ...onlyInAll<[BackendChoice, BackendChoice]>(['reference', 'reference'], ['blas', 'blas']),
  ])('on %s', (backend, oracleOn) => {
    test(`threads have the bits of whole steps in one on ${oracleOn}`, needs(backend), async () => {
      const isFull = backend === 'wasm';
      for (const network of [spec, ...(isFull ? [withBatchNorm] : onlyInAll(withBatchNorm))]) {
        const whole = { ...base, ...runOptions, steps: STEPS };
        const expected = fingerprint(oracle(network, data.train, whole, resolveBackend(oracleOn)).parameters);
        for (const threads of [3, ...(isFull ? [1] : onlyInAll(1)), ...onlyInAll(2, 7)]) {
          expect(await printOf(network, data, { ...runOptions, backend, threads }), `${threads} threads`).toBe(
            expected,
          );
        }
      }
    });
  });

  test('a resume from any step ends in the same bits, and with another value it is refused', async () => {
    const every = counted(9, 1); // also in the middle of an epoch
    const { result, checkpoints } = await checkpointedRun(
      spec,
      data,
      { ...base, ...runOptions, threads: 2, pool },
      every,
    );
    for (const [at, resume] of checkpoints.entries()) {
      if (resume.progress.step % every !== 0) continue; // the best so far
      const resumed = await train(spec, data, { ...base, ...runOptions, threads: 1 + (at % 3), pool, resume });
      expect(resumed.fingerprint).toBe(result.fingerprint);
      expect([resumed.validation, resumed.test]).toEqual([result.validation, result.test]);
    }
    const changed = train(spec, data, { ...base, ...runOptions, ...other, pool, resume: checkpoints[0] });
    if (Object.keys(other).length > 0) await expect(changed).rejects.toThrow('a resume continues the same run');
  });
});

test('what is evaluated, kept as the best, saved and handed out is the moving average', async () => {
  const runOptions = { ...base, ema: 0.9, threads: 2, pool } satisfies TrainOptions;
  const { result, checkpoints } = await checkpointedRun(spec, plain, runOptions, 1);
  const { validation, test: held, train: rows } = plain;
  if (validation === undefined || held === undefined) throw new Error('no held-out rows');
  expect((await evaluateModel(spec, result.parameters, validation, wasm)).loss).toBe(result.validation?.loss);
  expect((await evaluateModel(spec, result.parameters, held, wasm)).loss).toBe(result.test?.loss);
  const last = checkpoints[checkpoints.length - 1];
  expect(fingerprint(last.arrays.state[last.arrays.state.length - 1])).toBe(result.fingerprint);
  const trained = await train(spec, { train: rows }, { ...base, pool });
  expect(fingerprint(last.arrays.parameters)).toBe(trained.fingerprint);
  const stopped = await train(spec, plain, { ...runOptions, patience: 1, epochs: 9 });
  expect((await evaluateModel(spec, stopped.parameters, held, wasm)).loss).toBe(stopped.test?.loss);
});

test('a model that is loaded from a checkpoint is the moving average', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradloom-'));
  try {
    const checkpoint = { folder, every: { epochs: 1 } } as const;
    const result = await train(spec, plain, { ...base, ema: 0.9, pool, checkpoint });
    expect(fingerprint(loadModel(join(folder, LAST_FILE)).parameters)).toBe(result.fingerprint);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('an average of a run that ends before its first step is its start', async () => {
  const signal = AbortSignal.abort();
  const runOptions = { ...base, threads: 3, pool, signal } satisfies TrainOptions;
  const result = await train(spec, plain, { ...runOptions, ema: 0.9 });
  expect(result.steps).toBe(0);
  expect(result.fingerprint).toBe((await train(spec, plain, runOptions)).fingerprint);
  const { parameters } = result;
  const fromParameters = await train(spec, plain, { ...runOptions, ema: 0.9, parameters });
  expect(fromParameters.fingerprint).toBe(result.fingerprint);
});

test('rows whose weights all double, and balanced classes of equal size, take the steps of no weights', async () => {
  const twice = (data: DataSplits): DataSplits => {
    const array = new Float64Array(new SharedArrayBuffer(8 * data.train.rows)).fill(2);
    return { ...data, train: { ...data.train, weights: { array, columns: 1, divisor: 1 } } };
  };
  expect(await printOf(spec, twice(plain), {})).toBe(plainPrint);
  const inputs = Array.from({ length: 24 }, (_, n) =>
    Array.from({ length: 16 }, (_, i) => ((n * 7 + i * 5) % 11) / 11),
  );
  const train = datasetFromRows({ inputs, targets: inputs.map((_, n) => n % 12), classes: 12 });
  expect(await printOf(spec, { train }, { classWeight: 'balanced' })).toBe(await printOf(spec, { train }, {}));
});

test('evaluations have the weighed loss besides, and early stopping and the best checkpoint go by it', async () => {
  const { validation } = weighed;
  if (validation === undefined) throw new Error('no held-out rows');
  const runOptions = {
    ...base,
    classWeight: { 3: 5, 7: 0 },
    epochs: 8,
    patience: 8,
    evaluateEvery: 1,
  } satisfies TrainOptions;
  const sets = { train: weighed.train, validation: { ...validation, weights: weightsFor(validation.rows) } };
  const { result, events } = await checkpointedRun(spec, sets, { ...runOptions, threads: 2, pool }, { epochs: 1 });
  const epochs = events.flatMap((event) => (event.type === 'epoch' && event.validation ? [event.validation] : []));
  expect(epochs).toHaveLength(8);
  const lowest = epochs.reduce((best, one) => ((one.weightedLoss ?? 0) < (best.weightedLoss ?? 0) ? one : best));
  expect((await evaluateModel(spec, result.parameters, validation, wasm)).loss).toBe(lowest.loss);
  let [sum, weights, row] = [0, 0, 0];
  await evaluateModel(spec, result.parameters, validation, {
    readers: [
      {
        add(y, t, B, O) {
          for (let n = 0; n < B; n++, row++) {
            const logits = [...y.subarray(n * O, (n + 1) * O)];
            const weight = (row % 3) * (t[n] === 3 ? 5 : t[n] === 7 ? 0 : 1);
            sum += weight * (Math.log(logits.reduce((all, one) => all + Math.exp(one), 0)) - logits[t[n]]);
            weights += weight;
          }
        },
      },
    ],
  });
  expect(lowest.weightedLoss).toBeCloseTo(sum / weights, 12);
  const plainly = await train(spec, plain, { ...base, pool });
  expect(plainly.validation).not.toHaveProperty('weightedLoss');
});

test.each(
  (['mse', 'mae', 'huber', 'quadratic'] as const).flatMap((loss) => [7, 1000].map((other) => [loss, other] as const)),
)(
  'of scaled targets, the weighed loss of rows that all count the same is the %s, scales 7 and %i',
  async (loss, other) => {
    const rows = 40;
    const ofRow = (n: number, count: number) => Array.from({ length: count }, (_, i) => Math.sin(3 * n + i) * (i + 2));
    const made = datasetFromRows({
      inputs: Array.from({ length: rows }, (_, n) => ofRow(n, 3)),
      targets: Array.from({ length: rows }, (_, n) => ofRow(n + 5, 2)),
    });
    const columns = ['a', 'b', 'c'].map(
      (name) => ({ name, type: 'numeric', center: 0, scale: 1, fill: 0, indicator: false }) as const,
    );
    const target = [7, other].map((scale, o) => ({ name: `t${o}`, type: 'values', center: 9, scale }) as const);
    const table = { ...made, preprocessing: { version: 1, columns, target } as const };
    const sets = { train: { ...table, weights: weightsFor(rows) }, validation: table };
    const options = { ...base, loss, epochs: 1, pool };
    const { validation } = await train({ input: 3, layers: [{ kind: 'dense', out: 2 }] }, sets, options);
    expect((validation?.weightedLoss ?? 0) / (validation?.loss ?? 0)).toBeCloseTo(1, 12);
  },
);

test('a subset keeps the weights of its rows, and weights count in the hash that a resume compares', async () => {
  const split = splitDataset(weighed.train, { test: 0.5 });
  expect(split.test?.weights?.array).toHaveLength(split.test?.rows ?? 0);
  const { checkpoints } = await checkpointedRun(spec, weighed, { ...base, pool }, { epochs: 1 });
  const resumed = train(spec, plain, { ...base, pool, resume: checkpoints[0] });
  await expect(resumed).rejects.toThrow(/dataset has train rows of SHA-256/);
});

test.each<[string, NetworkSpec]>([
  ['a network', spec],
  ['one with batch norm', withBatchNorm],
])(
  '%s takes the steps of the whole batch where it accumulates its parts, on any number of threads',
  async (_name, network) => {
    for (const [batch, accumulate, backend] of [
      [8, 8, 'reference'],
      [17, 17, 'wasm'],
      [48, 3, 'wasm'],
    ] as const) {
      const expected = await printOf(network, plain, { batch, threads: 1 });
      for (const threads of [1, 3]) {
        const runOptions = { batch: batch / accumulate, accumulate, backend, threads };
        expect(await printOf(network, plain, runOptions), JSON.stringify(runOptions)).toBe(expected);
      }
    }
    const parts = { batch: 10, accumulate: 4 };
    const { result, checkpoints } = await checkpointedRun(network, plain, { ...base, ...parts, threads: 2, pool }, 3);
    expect(result.batch).toBe(40);
    expect(result.steps).toBe(base.epochs * Math.ceil(plain.train.rows / 40));
    const whole = { ...base, batch: 40, threads: 3, pool, resume: checkpoints[0] };
    expect((await train(network, plain, whole)).fingerprint).toBe(result.fingerprint);
  },
);

test('to accumulate takes the memory of one part', async () => {
  const wide = sequential(16, dense(4000), dense(12));
  const { train: rows } = plain;
  const bytesOf = async (options: TrainOptions): Promise<number> => {
    let bytes = 0;
    const onEvent = (event: TrainEvent): void => {
      if (event.type === 'start') bytes = event.plannedBytes;
    };
    await train(
      wide,
      { train: rows },
      { ...base, steps: 1, epochs: undefined as never, ...options, threads: 1, pool, onEvent },
    );
    return bytes;
  };
  const part = await bytesOf({ batch: 16 });
  expect(await bytesOf({ batch: 16, accumulate: 3 })).toBeLessThan(1.02 * part);
  expect(await bytesOf({ batch: 48 })).toBeGreaterThan(1.02 * part);
});

test.each<[TrainOptions, string]>([
  [{ maxNorm: 0 }, 'maxNorm has 0, expected a number above 0'],
  [{ ema: 1 }, 'ema has 1, expected a number between 0 and 1'],
  [{ batch: 'full', accumulate: 2 }, 'accumulate has 2, expected 1 (a full batch has all rows)'],
  [
    { classWeight: 'even' as never },
    `classWeight has "even", expected 'balanced', a list of numbers, or numbers by class`,
  ],
  [{ classWeight: [1, -1] }, 'classWeight has -1, expected a number of at least 0'],
  [{ classWeight: [1, 2] }, 'classWeight has 2 numbers, expected 12 (one for each class of random)'],
  [
    { classWeight: { 17: 2 } },
    'classWeight has class "17", expected one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 (the classes of random)',
  ],
  [{ classWeight: new Array(12).fill(0) }, 'the sum of the weights of random has 0, expected a finite number above 0'],
])('%o is refused', async (runOptions, sentence) => {
  await expect(train(spec, plain, { ...base, ...runOptions, pool })).rejects.toThrow(`train: ${sentence}`);
});

test('weights of classes are refused where targets are values, and weights below 0 by row', async () => {
  const inputs = [[1], [2]];
  const values = datasetFromRows({ inputs, targets: [3, 4] });
  const network: NetworkSpec = { input: 1, layers: [{ kind: 'dense', out: 1 }] };
  await expect(train(network, { train: values }, { classWeight: 'balanced', pool })).rejects.toThrow(
    'train: classWeight has "balanced", expected none (the targets of rows are values, not classes)',
  );
  expect(() => datasetFromRows({ inputs, targets: [3, 4], weights: [1, -2] })).toThrow(
    'datasetFromRows: weight of row 1 has -2, expected a finite number of at least 0',
  );
});
