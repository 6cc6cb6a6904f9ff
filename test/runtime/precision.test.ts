import { join } from 'node:path';
import type { ElementType, NetworkSpec } from '@gradloom/core';
import {
  createModel,
  createPool,
  createTrainer,
  evaluateModel,
  loadModel,
  type OutputReader,
  type Pool,
  saveModel,
  splitDataset,
  type TrainOptions,
  type TrainResult,
  train,
} from '@gradloom/runtime';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { planRun } from '../../packages/runtime/src/run/plan.ts';
import { prepareRun } from '../../packages/runtime/src/run/prepare.ts';
import { randomDataset } from '../support/random-dataset.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const spec: NetworkSpec = {
  input: 16,
  layers: [
    { kind: 'dense', out: 300 },
    { kind: 'activation', fn: 'tanh' },
    { kind: 'dense', out: 5 },
  ],
};
const data = splitDataset(randomDataset({ rows: 90, inputs: 16, classes: 5 }), { validation: 0.2, test: 0.2 });
const base = { batch: 20, epochs: 3, seed: 4, backend: 'reference' } as const satisfies TrainOptions;

let pool: Pool;
beforeAll(async () => {
  pool = await createPool({ threads: 3 });
});
afterAll(() => pool.destroy());
const temporary = temporaryFolder();

const isFloat = (value: number): boolean => Object.is(Math.fround(value), value);

test('the weights of a run have its type, which the compiler knows', async () => {
  const doubles = await train(spec, data, { ...base, pool }).result;
  const floats = await train(spec, data, { ...base, pool, precision: 'float32' }).result;
  expectTypeOf(doubles.parameters).toEqualTypeOf<Float64Array>();
  expectTypeOf(floats.parameters).toEqualTypeOf<Float32Array>();
  expectTypeOf<TrainResult['parameters']>().toEqualTypeOf<Float64Array | Float32Array>();
  const either: ElementType = 'float32' as ElementType;
  const { result } = train(spec, data, { ...base, pool, precision: either });
  expectTypeOf((await result).parameters).toEqualTypeOf<Float64Array | Float32Array>();
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
  const trainer = await createTrainer(spec, data, { ...base, pool, precision: 'float32' });
  await trainer.step(2);
  const weights = await trainer.weights();
  expectTypeOf(weights).toEqualTypeOf<Float32Array>();
  expect(weights).toBeInstanceOf(Float32Array);
  const resume = await trainer.state();
  expect(resume.record.precision).toBe('float32');
  expect((await trainer.finish()).parameters).toBeInstanceOf(Float32Array);
  await trainer.close();
});

test('starting weights may be of either type, and are rounded to that of the run', async () => {
  const { parameters: drawn } = await train(spec, data, { ...base, pool, steps: 1, epochs: undefined as never }).result;
  const from = async (parameters: Float64Array | Float32Array, precision: ElementType) =>
    (await train(spec, data, { ...base, pool, parameters, precision }).result).fingerprint;
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

test('another type than the two is refused', async () => {
  await expect(train(spec, data, { precision: 'float16' as never }).result).rejects.toThrow(
    'train: precision has "float16", expected one of float64, float32',
  );
});

describe('a model of floats', () => {
  test('keeps its type in a file, and answers with the bits that the threads evaluate', async () => {
    const { loss, parameters, fingerprint } = await train(spec, data, { ...base, pool, precision: 'float32' }).result;
    const path = join(temporary.path, 'floats.gradloom');
    saveModel(path, { spec, loss, parameters });
    const model = loadModel(path);
    expect(model.parameters).toEqual(parameters);
    expect(model.fingerprint).toBe(fingerprint);
    const seen: number[] = [];
    const reader: OutputReader = { add: (y) => seen.push(...y) };
    const rows = Float64Array.from(data.train.inputs.array);
    const found = await evaluateModel(spec, parameters, data.train, { loss, readers: [reader], backend: 'reference' });
    const outputs = model.outputs(rows);
    expectTypeOf(outputs).toEqualTypeOf<Float64Array>();
    expect(outputs).toEqual(Float64Array.from(seen));
    expect(outputs.every(isFloat)).toBe(true);
    expect(found.rows).toBe(data.train.rows);
    // The same weights as doubles answer otherwise.
    const doubles = createModel({ spec, loss, parameters: Float64Array.from(parameters) });
    expect(doubles.outputs(rows).every(isFloat)).toBe(false);
    expect(Math.max(...doubles.outputs(rows).map((y, i) => Math.abs(y - outputs[i])))).toBeLessThan(1e-5);
  });

  test('shares the memory of its thread with models of doubles', async () => {
    const { parameters } = await train(spec, data, { ...base, pool, precision: 'float32' }).result;
    const floats = createModel({ spec, parameters });
    const doubles = createModel({ spec, parameters: Float64Array.from(parameters) });
    const rows = Float64Array.from({ length: 32 }, (_, i) => i / 32);
    const first = [floats.outputs(rows), doubles.outputs(rows)];
    expect([floats.outputs(rows), doubles.outputs(rows)]).toEqual(first);
  });
});

test('a run of floats takes half of the memory for weights, gradients, state and copies', () => {
  const wide: NetworkSpec = { input: 16, layers: [{ kind: 'dense', out: 200_000 }] };
  const values = randomDataset({ rows: 90, inputs: 16, classes: 200_000 });
  const planned = (precision: ElementType): number => {
    const plan = planRun(
      wide,
      { train: values },
      { ...base, precision, threads: 1, batch: 1, patience: undefined as never },
    );
    return prepareRun(plan, { train: values }).plannedBytes;
  };
  const parameters = 17 * 200_000;
  // Weights, gradient, two slots of adam, and the copies of weights and slots for faults.
  expect(planned('float64') - planned('float32')).toBeGreaterThan(4 * parameters * 7);
});
