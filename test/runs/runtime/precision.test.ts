import { join } from 'node:path';
import type { ElementType, NetworkSpec } from '@gradloom/core';
import { complete, typeOf } from '@gradloom/core/internal';
import {
  batchNorm,
  createModel,
  createTrainer,
  datasetFromRows,
  dense,
  dropout,
  evaluateModel,
  explainModel,
  gelu,
  layerNorm,
  loadModel,
  type OutputReader,
  residual,
  saveModel,
  sequential,
  splitDataset,
  swiglu,
  type TrainEvent,
  TrainingError,
  type TrainOptions,
  type TrainResult,
  tanh,
  train,
} from '@gradloom/runtime';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { createTextAnswerer } from '../../../packages/runtime/src/models/serving/answer-texts.ts';
import { modelFrom, shareModel } from '../../../packages/runtime/src/models/serving/shared-model.ts';
import { planRun } from '../../../packages/runtime/src/training/run/plan.ts';
import { prepareRun } from '../../../packages/runtime/src/training/run/prepare.ts';
import { counted, onlyInAll } from '../../support/count.ts';
import { needs } from '../../support/needs.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const spec = sequential(16, dense(300), tanh(), dense(5));
const data = splitDataset(randomDataset({ rows: 90, inputs: 16, classes: 5 }), { validation: 0.2, test: 0.2 });
const base = { batch: 20, epochs: 3, seed: 4, backend: 'reference' } as const satisfies TrainOptions;

const pool = await poolOfFile(counted(3, 16));
const temporary = temporaryFolder();

const isFloat = (value: number): boolean => Object.is(Math.fround(value), value);

test('the weights of a run have its type, which the compiler knows', async () => {
  const doubles = await train(spec, data, { ...base, pool });
  const floats = await train(spec, data, { ...base, pool, precision: 'float32' });
  expectTypeOf(doubles.parameters).toEqualTypeOf<Float64Array>();
  expectTypeOf(floats.parameters).toEqualTypeOf<Float32Array>();
  expectTypeOf<TrainResult['parameters']>().toEqualTypeOf<Float64Array | Float32Array>();
  for await (const event of train(spec, data, { ...base, pool, precision: 'float32', probe: 9 })) {
    if (event.type === 'probe') expectTypeOf(event.parameters).toEqualTypeOf<Float32Array>();
  }
  const constructors: unknown[] = [];
  await train(spec, data, {
    ...base,
    pool,
    probe: 9,
    precision: 'float32',
    onEvent(event) {
      if (event.type !== 'probe') return;
      expectTypeOf(event.parameters).toEqualTypeOf<Float32Array>();
      constructors.push(event.parameters.constructor);
    },
  });
  expect(new Set(constructors)).toEqual(new Set([Float32Array]));
  const listener = (event: TrainEvent): void => void event; // of any run: it does not make the result's type wider
  const heard = train(spec, data, { ...base, pool, onEvent: listener });
  expectTypeOf((await heard).parameters).toEqualTypeOf<Float64Array>();
  const runOptions: TrainOptions = { ...base, pool };
  expectTypeOf((await train(spec, data, runOptions)).parameters).toEqualTypeOf<Float64Array | Float32Array>();
  const either: ElementType = 'float32' as ElementType;
  const run = train(spec, data, { ...base, pool, precision: either });
  expectTypeOf((await run).parameters).toEqualTypeOf<Float64Array | Float32Array>();
  expect([doubles.precision, floats.precision]).toEqual(['float64', 'float32']);
  expect([doubles.parameters, floats.parameters].map((array) => array.constructor)).toEqual([
    Float64Array,
    Float32Array,
  ]);
  // Two runs on their way from about the same weights, which differ by rounding alone.
  const differences = doubles.parameters.map((value, i) => Math.abs(value - floats.parameters[i]));
  expect(Math.max(...differences)).toBeLessThan(1e-5);
  expect(Math.max(...differences)).toBeGreaterThan(0);
  expect(floats.trainLoss).toBeCloseTo(doubles.trainLoss, 5);
});

test('weights of a trainer have the type of its run', async () => {
  const trainer = await createTrainer(spec, data, {
    ...base,
    pool,
    precision: 'float32',
    onEvent(event) {
      if (event.type === 'probe') expectTypeOf(event.parameters).toEqualTypeOf<Float32Array>();
    },
  });
  await trainer.step(2);
  const weights = await trainer.parameters();
  expectTypeOf(weights).toEqualTypeOf<Float32Array>();
  expect(weights).toBeInstanceOf(Float32Array);
  const resume = await trainer.state();
  expect(resume.record.precision).toBe('float32');
  expect((await trainer.finish()).parameters).toBeInstanceOf(Float32Array);
  await trainer.close();
});

test('starting weights may be of either type, and are rounded to that of the run', async () => {
  const { parameters: drawn } = await train(spec, data, { ...base, pool, steps: 1, epochs: undefined as never });
  const from = async (parameters: Float64Array | Float32Array, precision: ElementType) =>
    (await train(spec, data, { ...base, pool, parameters, precision })).fingerprint;
  const rounded = Float32Array.from(drawn);
  expect(await from(drawn, 'float32')).toBe(await from(rounded, 'float32'));
  expect(await from(rounded, 'float64')).toBe(await from(Float64Array.from(rounded), 'float64'));
  const beyond = drawn.with(3, 1e39);
  await expect(from(beyond, 'float32')).rejects.toThrow(
    'train: parameters has 1e+39 at 3, expected numbers that float32 can hold',
  );
  await expect(from(drawn.with(3, Number.NaN), 'float32')).rejects.toThrow(
    'train: parameters has NaN at 3, expected finite numbers',
  );
});

test('more words than floats can tell apart are refused, before memory is taken for their vectors', async () => {
  const words: NetworkSpec = { input: 1, layers: [{ kind: 'embedding', vocabulary: 2 ** 24 + 1, width: 2 }] };
  const rows = { train: randomDataset({ rows: 8, inputs: 1, classes: 2 }) };
  await expect(train(words, rows, { ...base, precision: 'float32' })).rejects.toThrow(
    'train: embedding(16777217x2) at layer 0: vocabulary has 16777217, expected at most 16777216 in float32',
  );
});

test('another type than the two is refused', async () => {
  await expect(train(spec, data, { precision: 'float16' as never })).rejects.toThrow(
    'train: precision has "float16", expected one of float64, float32',
  );
});

describe('a model of floats', () => {
  test('keeps its type in a file, and answers with the bits that the threads evaluate', async () => {
    const { loss, parameters, fingerprint } = await train(spec, data, { ...base, pool, precision: 'float32' });
    const path = join(temporary.path, 'floats.gradloom');
    saveModel(path, { spec, loss, parameters });
    const model = loadModel(path);
    expect(model.parameters).toEqual(parameters);
    expect(model.fingerprint).toBe(fingerprint);
    const seen: number[] = [];
    const reader: OutputReader = { add: (y) => seen.push(...y) };
    const rows = Float64Array.from(data.train.inputs.array);
    const evaluation = await evaluateModel(spec, parameters, data.train, {
      loss,
      readers: [reader],
      backend: 'reference',
    });
    const outputs = model.outputs(rows);
    expectTypeOf(outputs).toEqualTypeOf<Float64Array>();
    expect(outputs).toEqual(Float64Array.from(seen));
    expect(outputs.every(isFloat)).toBe(true);
    expect(evaluation.rows).toBe(data.train.rows);
    // The same weights as doubles answer otherwise.
    const doubles = createModel({ spec, loss, parameters: Float64Array.from(parameters) });
    expect(doubles.outputs(rows).every(isFloat)).toBe(false);
    expect(Math.max(...doubles.outputs(rows).map((y, i) => Math.abs(y - outputs[i])))).toBeLessThan(1e-5);
  });

  test('shares the memory of its thread with models of doubles', async () => {
    const { parameters } = await train(spec, data, { ...base, pool, precision: 'float32' });
    const floats = createModel({ spec, parameters });
    const doubles = createModel({ spec, parameters: Float64Array.from(parameters) });
    const rows = Float64Array.from({ length: 32 }, (_, i) => i / 32);
    const first = [floats.outputs(rows), doubles.outputs(rows)];
    expect([floats.outputs(rows), doubles.outputs(rows)]).toEqual(first);
  });
});

describe('a run of floats with every part that has sums, states or copies', () => {
  const everything = sequential(
    16,
    dense(80),
    batchNorm(),
    gelu(),
    dropout(0.2),
    layerNorm(),
    residual(swiglu(80)),
    dense(5),
  );
  // 54 rows, 21 of them a step: the last batch of an epoch has 12, in a leaf of its own.
  const options = {
    ...base,
    batch: 7,
    accumulate: 3,
    epochs: 4,
    precision: 'float32',
    patience: 3,
    clipNorm: 0.5,
    maxNorm: 0.9,
    ema: 0.9,
    classWeight: 'balanced',
  } as const satisfies TrainOptions;
  const figuresOf = async (changes: TrainOptions) => {
    const result = await train(everything, data, { ...options, ...changes, pool });
    const { fingerprint, epochLosses, validation, test: held, parameters, precision } = result;
    expect(typeOf(parameters)).toBe(precision);
    return { fingerprint, epochLosses, validation, held };
  };

  test('ends in the same bits on any number of threads, looked at and timed or not; by plain code and WebAssembly', async () => {
    const expected = await figuresOf({ backend: 'reference', threads: 1 });
    expect(expected.validation?.weightedLoss).toBeGreaterThan(0);
    for (const threads of [1, 3, ...onlyInAll(2, 7, 16)]) {
      expect(await figuresOf({ backend: 'wasm', threads }), `${threads} threads`).toEqual(expected);
    }
    expect(await figuresOf({ backend: 'reference', threads: 3, probe: 2 })).toEqual(expected);
    expect(await figuresOf({ backend: 'wasm', threads: 3, profile: true })).toEqual(expected);
    const doubles = await figuresOf({ backend: 'wasm', threads: 2, precision: 'float64' });
    expect(doubles.fingerprint).not.toBe(expected.fingerprint);
    expect(doubles.validation?.loss).toBeCloseTo(Number(expected.validation?.loss), 3);
  });

  test('ends in bits of its own on machine code', needs('native'), async () => {
    const expected = await figuresOf({ backend: 'native', threads: 1 });
    for (const threads of [3, ...onlyInAll(2, 7, 16)]) {
      expect(await figuresOf({ backend: 'native', threads }), `${threads} threads`).toEqual(expected);
    }
    expect(await figuresOf({ backend: 'native', threads: 2, probe: 2 })).toEqual(expected);
    const { validation } = await figuresOf({ backend: 'wasm', threads: 2 });
    expect(expected.validation?.loss).toBeCloseTo(Number(validation?.loss), 3);
  });
});

describe('a step of floats that is not finite', () => {
  // Beyond 3.4e38, which doubles go on from.
  const diverging = { ...base, optimizer: { kind: 'sgd', lr: 1e20 }, loss: 'mse', epochs: 20 } as const;

  test('ends the run with the weights before it, on any number of threads', async () => {
    const failures: TrainingError[] = [];
    for (const threads of [1, 3]) {
      for (const backend of ['reference', 'wasm'] as const) {
        const run = train(spec, data, { ...diverging, backend, threads, pool, precision: 'float32' });
        const error = await run.catch((cause: unknown) => cause);
        expect(error).toBeInstanceOf(TrainingError);
        failures.push(error as TrainingError);
      }
    }
    const [first] = failures;
    expect(first.parameters).toBeInstanceOf(Float32Array);
    expect(first.parameters.every(Number.isFinite)).toBe(true);
    for (const one of failures) {
      expect([one.step, one.message, one.parameters]).toEqual([first.step, first.message, first.parameters]);
    }
    const doubles = await train(spec, data, { ...diverging, pool }).catch((cause: unknown) => cause);
    expect((doubles as TrainingError).step).toBeGreaterThan(first.step);
  });

  test('takes the run back to the start of its epoch, to the same bits on any number of threads', async () => {
    const rising = { kind: 'step', everyEpochs: 2, gamma: 1e12 } as const;
    const options = { ...diverging, optimizer: { kind: 'sgd', lr: 0.01 }, schedule: rising, epochs: 4 } as const;
    const outcomes = [];
    for (const threads of [1, 3]) {
      const rates: number[] = [];
      const run = train(spec, data, {
        ...options,
        threads,
        pool,
        precision: 'float32',
        onNan: 'rollback',
        onEvent: (event) => void (event.type === 'rollback' && rates.push(event.factor)),
      });
      const outcome = await run.then(
        ({ fingerprint }) => fingerprint,
        (error: TrainingError) => [error.step, error.parameters],
      );
      outcomes.push([outcome, rates]);
      expect(rates.length).toBeGreaterThan(0);
    }
    expect(outcomes[1]).toEqual(outcomes[0]);
  });
});

test('the weighed loss of rows that all count 1 is their loss, whose terms are floats in a run of floats', async () => {
  const rows = Array.from({ length: 60 }, (_, n) => [Math.sin(n), Math.cos(3 * n)]);
  const targets = rows.map(([a, b]) => a * b + 0.1);
  const sets = splitDataset(datasetFromRows({ inputs: rows, targets, weights: rows.map(() => 1) }), {
    validation: 0.3,
  });
  const network: NetworkSpec = { input: 2, layers: [{ kind: 'dense', out: 1 }] };
  for (const precision of ['float64', 'float32'] as const) {
    const { validation } = await train(network, sets, { ...base, pool, precision });
    expect(validation?.weightedLoss, precision).toBe(validation?.loss);
  }
});

test('indices that are no floats are refused before anything is allocated', async () => {
  const words: NetworkSpec = { input: 1, layers: [{ kind: 'embedding', vocabulary: 2 ** 24 + 1, width: 2 }] };
  const rows = datasetFromRows({ inputs: [[1]], targets: [[1]] });
  const run = train(words, { train: rows }, { ...base, pool, precision: 'float32' });
  await expect(run).rejects.toThrow(
    /vocabulary has 16777217, expected at most 16777216 in float32 \(it cannot represent larger ones\)$/,
  );
});

test('a model of floats answers requests on threads with its own bits', async () => {
  const { parameters, loss } = await train(spec, data, { ...base, pool, precision: 'float32' });
  const model = createModel({ spec, loss, parameters });
  const answers = createTextAnswerer(modelFrom(structuredClone(shareModel(model))), { maxRows: 9 });
  const rows = [Array.from({ length: 16 }, (_, i) => i / 16)];
  const [{ text }] = answers([JSON.stringify(rows)]);
  expect(JSON.parse(text)[0].probabilities).toEqual(model.predict(rows)[0].probabilities);
});

test('what a column is worth to a model of floats is measured in floats', async () => {
  const { parameters, loss } = await train(spec, data, { ...base, pool, precision: 'float32' });
  const explained = (weights: Float32Array | Float64Array) =>
    explainModel(createModel({ spec, loss, parameters: weights }), data.train, { repeats: 1, threads: 2 });
  const { importances, baseline } = await explained(parameters);
  const doubles = await explained(Float64Array.from(parameters));
  expect(baseline).toBeCloseTo(doubles.baseline, 6);
  expect(importances).toHaveLength(16);
});

test('a run of floats takes half of the memory for weights, gradients, state and copies', () => {
  const wide: NetworkSpec = { input: 16, layers: [{ kind: 'dense', out: 200_000 }] };
  const values = randomDataset({ rows: 90, inputs: 16, classes: 200_000 });
  const planned = (precision: ElementType): number => {
    const plan = complete(
      planRun(wide, { train: values }, { ...base, precision, threads: 1, batch: 1, patience: undefined as never }),
    );
    return complete(prepareRun(plan, { train: values })).plannedBytes;
  };
  const parameters = 17 * 200_000;
  // Weights, gradient, two slots of adam, and the copies of weights and slots for faults.
  expect(planned('float64') - planned('float32')).toBeGreaterThan(4 * parameters * 7);
});
