import { adaptModel, batchNorm, dense, dropout, relu, sequential, type TablePreprocessing } from '@gradloom/core';
import { type FitOptions, type TrainOptions, train, fit as trainRows } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { checkpointedRun, reproducibleFields } from '../../support/checkpointed-run.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';

const pool = await poolOfFile(3);

const spec = sequential(9, dense(20, { name: 'stem' }), batchNorm(), relu(), dropout(0.2), dense(4));
const data = { train: randomDataset({ rows: 145, inputs: 9, classes: 4 }) };
const others = { train: randomDataset({ rows: 90, inputs: 9, classes: 3, seed: 2 }) };
const base = { batch: 50, steps: 6, backend: 'reference', pool } as const satisfies TrainOptions;
const trained = await train(spec, data, base);
const start = adaptModel(trained, { outputs: 3, seed: 5 });
const options = { ...base, from: start, freeze: ['stem', '1'], seed: 5 };

describe('a run that starts from a model', () => {
  test('has the bits of one with these weights, on any threads, and leaves the model alone', async () => {
    const weights = start.parameters.slice();
    const tuned = await train(start.spec, others, { ...options, threads: 1 });
    expect(start.parameters).toEqual(weights);
    expect(tuned.parameters.slice(0, 200)).toEqual(trained.parameters.slice(0, 200)); // of the stem
    const { from: _, ...without } = options;
    const parameters = start.parameters as Float64Array;
    for (const threads of [2, 3]) {
      const same = await train(start.spec, others, { ...without, parameters, threads });
      expect(reproducibleFields(same)).toEqual(reproducibleFields(tuned));
    }
    const floats = await train(start.spec, others, { ...options, precision: 'float32', threads: 2 });
    expect(floats.parameters.slice(0, 200)).toEqual(Float32Array.from(trained.parameters.slice(0, 200)));
  });

  test('resumes without the model, and refuses another one', async () => {
    const calm = await train(start.spec, others, options);
    const { checkpoints } = await checkpointedRun(start.spec, others, options, 2);
    const { from: _, ...without } = options;
    for (const resume of checkpoints) {
      for (const again of [options, without]) {
        const resumed = await train(start.spec, others, { ...again, resume });
        expect(reproducibleFields(resumed)).toEqual(reproducibleFields(calm));
      }
    }
    const from = adaptModel(trained, { outputs: 3 });
    const [resume] = checkpoints;
    await expect(train(start.spec, others, { ...options, from, resume })).rejects.toThrow('train: parameters has');
  });
});

test.each([
  [{ from: trained }, 'train: from has W of [20, 4] in dense(20->4) at layer 4, expected [20, 3] as in the network'],
  [{ from: { spec } }, 'expected a model, such as loadModel reads'],
  [{ parameters: start.parameters }, 'train: from and parameters are both given, expected one of the two'],
])('%j is refused', async (wrong, message) => {
  await expect(train(start.spec, others, { ...options, ...wrong } as TrainOptions)).rejects.toThrow(message);
});

describe('fit from a model', () => {
  const rowOf = (n: number, kinds: readonly string[]) => {
    const [size, kind] = [100 + 9 * Math.sin(n), kinds[n % kinds.length]];
    return { size, kind, price: size * 2 + kind.length, cheap: size < 100 ? 'yes' : 'no' };
  };
  const rowsOf = (count: number, ...kinds: string[]) => Array.from({ length: count }, (_, n) => rowOf(n, kinds));
  const settings = { ...base, batch: 20, columns: { kind: 'categorical' } } as const satisfies FitOptions;
  const { columns: _, ...further } = settings;
  const inputs = { drop: ['cheap'], target: 'price' };
  const first = trainRows(rowsOf(60, 'flat', 'house'), { ...settings, ...inputs });

  test('encodes other rows as the model does, and starts with its weights', async () => {
    const model = await first;
    const rows = rowsOf(70, 'house', 'flat', 'castle').map((row) => ({ ...row, size: row.size * 3 }));
    const tuned = await trainRows(rows, { ...further, from: model, target: 'price', freeze: ['0'] });
    expect(tuned.preprocessing).toEqual(model.preprocessing);
    expect(tuned.weights['0.W'].values).toEqual(model.weights['0.W'].values);
    expect(tuned.weights['2.W'].values).not.toEqual(model.weights['2.W'].values);
    // Without freezing, all layers learn again.
    const again = await trainRows(rows, { ...further, from: adaptModel(tuned) });
    expect(again.weights['0.W'].values).not.toEqual(model.weights['0.W'].values);
  });

  test('learns a new target with a new last layer', async () => {
    const model = await first;
    const from = adaptModel(model, { outputs: 2 });
    const tuned = await trainRows(rowsOf(70, 'house', 'flat'), { ...further, from, target: 'cheap' });
    const { columns, target } = tuned.preprocessing as TablePreprocessing;
    expect(columns).toEqual((model.preprocessing as TablePreprocessing).columns);
    expect(target).toEqual([{ name: 'cheap', type: 'classes', labels: ['no', 'yes'] }]);
    expect(tuned.loss).toBe('softmax-cross-entropy');
    expect(['no', 'yes']).toContain(tuned.predict([{ size: 90, kind: 'flat' }])[0].prediction);
  });

  test.each([
    [{ target: 'cheap' }, 'fit: target has "cheap", expected "price" as in the model, or one with new outputs'],
    [{ scale: 'none' }, 'fit: scale is given with from, expected none: the model has its own'],
    [{ from: start }, 'fit: from has another model, expected one of a table (train takes any)'],
  ])('%j is refused', async (wrong, message) => {
    const options = { ...further, from: await first, ...wrong } as FitOptions;
    await expect(trainRows(rowsOf(60, 'flat', 'house'), options)).rejects.toThrow(message);
  });

  test('a new target is none of the inputs', async () => {
    const from = adaptModel(await first, { outputs: 2 });
    const message = 'fit: target has "size", which is an input of the model, expected another column';
    await expect(trainRows(rowsOf(60, 'flat'), { ...further, from, target: 'size' })).rejects.toThrow(message);
  });
});
