import { dense, relu, sequential } from '@gradloom/core';
import { createModel, datasetFromRows, explainModel, type Model } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../packages/core/src/math/random/index.ts';

const N = 400;
const random = createRandom(1);
const inputs = Array.from({ length: N }, () => [random.normal(), random.normal(), random.normal()]);
const weights = [2, -1, 0];
const targets = inputs.map((x) => x.reduce((sum, value, i) => sum + weights[i] * value, 0.5));
const rows = datasetFromRows({ inputs, targets });
const linear = createModel({
  spec: sequential(3, dense(1)),
  parameters: Float64Array.of(...weights, 0.5),
  loss: 'mse',
});
const machine = { backend: 'reference', threads: 1 } as const;

describe('of a linear model', () => {
  test('a column that is not used has importance 0, by every figure of values', async () => {
    for (const metric of ['mae', 'rmse', 'r2', 'explained-variance']) {
      const { importances } = await explainModel(linear, rows, { ...machine, metric });
      expect(importances[2]).toMatchObject({ name: '2', mean: 0, deviation: 0 });
      expect(importances[0].mean).toBeGreaterThan(importances[1].mean);
    }
  });

  test('shuffling a column makes an error of w · (x of another row - x): its square is 2 w² in the mean', async () => {
    const { importances, baseline } = await explainModel(linear, rows, { ...machine, metric: 'rmse', repeats: 40 });
    expect(baseline).toBeCloseTo(0, 12);
    for (const [i, { mean }] of importances.entries()) {
      const variance =
        inputs.reduce((sum, x) => sum + x[i] ** 2, 0) / N - (inputs.reduce((sum, x) => sum + x[i], 0) / N) ** 2;
      expect(Math.abs(mean - Math.sqrt(2 * variance) * Math.abs(weights[i]))).toBeLessThan(0.05);
    }
  });

  test('mean and deviation are those of the values', async () => {
    const { importances, repeats } = await explainModel(linear, rows, { ...machine, repeats: 7 });
    for (const { values, mean, deviation } of importances) {
      expect(values).toHaveLength(repeats);
      const average = values.reduce((a, b) => a + b, 0) / 7;
      expect(mean).toBeCloseTo(average, 14);
      expect(deviation).toBeCloseTo(Math.sqrt(values.reduce((sum, value) => sum + (value - average) ** 2, 0) / 7), 14);
    }
  });

  test('threads change nothing, and another seed shuffles otherwise', async () => {
    const one = await explainModel(linear, rows, { ...machine, seed: 3 });
    expect(await explainModel(linear, rows, { ...machine, threads: 3, seed: 3 })).toEqual(one);
    expect(await explainModel(linear, rows, { ...machine, seed: 4 })).not.toEqual(one);
  });

  test('rows of which few copies fit into memory at once have the same importances, column by column', async () => {
    // 64 columns, of which all but the first and the last are not used: 6 copies of the rows for each take 80 MB.
    const unused = new Array(62).fill(0);
    const large = datasetFromRows({ inputs: inputs.map((x) => [x[0], ...unused, x[1]]), targets });
    const parameters = Float64Array.of(weights[0], ...unused, weights[1], 0.5);
    const wide = createModel({ spec: sequential(64, dense(1)), parameters, loss: 'mse' });
    const options = { ...machine, metric: 'rmse', repeats: 6 };
    const [few, many] = [await explainModel(linear, rows, options), await explainModel(wide, large, options)];
    const last = many.importances[63];
    expect(many.importances[0]).toEqual(few.importances[0]);
    for (const { mean, values } of many.importances.slice(1, 63)) expect([mean, values.length]).toEqual([0, 6]);
    for (const value of last.values) expect(Math.abs(value - few.importances[1].mean)).toBeLessThan(0.3);
    expect(last.values).toHaveLength(6);
  });

  test('the rows that are handed over stay as they are', async () => {
    const before = rows.inputs.array.slice();
    await explainModel(linear, rows, machine);
    expect(rows.inputs.array).toEqual(before);
  });
});

/** A table with a column of three categories, of which the model reads only the first, and a number that it ignores. */
const table: Model = createModel({
  spec: sequential(4, dense(4), relu(), dense(2)),
  // The first hidden unit is the category 'a'; it decides.
  parameters: Float64Array.from([
    ...[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ...[-4, 4, 0, 0, 0, 0, 0, 0, 2, -2],
  ]),
  loss: 'softmax-cross-entropy',
  preprocessing: {
    version: 1,
    columns: [
      { name: 'kind', type: 'categorical', categories: ['a', 'b', 'c'], missing: false },
      { name: 'size', type: 'numeric', center: 0, scale: 1, fill: null, indicator: false },
    ],
    target: [{ name: 'is a', type: 'classes', labels: ['no', 'yes'] }],
  },
});

describe('of a model of a table', () => {
  const kinds = Array.from({ length: 90 }, (_, n) => n % 3);
  const data = datasetFromRows({
    inputs: kinds.map((kind, n) => [kind === 0 ? 1 : 0, kind === 1 ? 1 : 0, kind === 2 ? 1 : 0, n]),
    targets: kinds.map((kind) => (kind === 0 ? 1 : 0)),
    classes: 2,
  });

  test('all inputs of a column are shuffled together, under its name', async () => {
    const { metric, baseline, importances } = await explainModel(table, data, machine);
    expect({ metric, baseline }).toEqual({ metric: 'accuracy', baseline: 1 });
    expect(importances.map(({ name }) => name)).toEqual(['kind', 'size']);
    // A shuffled kind is the right one by chance: 1/3 · 1/3 + 2/3 · 2/3.
    expect(Math.abs(importances[0].mean - 4 / 9)).toBeLessThan(0.1);
    expect(importances[1]).toMatchObject({ mean: 0, deviation: 0 });
  });

  test('a column whose inputs only count together is not important: each row keeps one category', async () => {
    const sum = createModel({
      ...table,
      // yes, where one of the three inputs is 1
      spec: sequential(4, dense(2)),
      parameters: Float64Array.of(0, 1, 0, 1, 0, 1, 0, 0, 0.5, 0),
    });
    const { importances, baseline } = await explainModel(sum, data, { ...machine, metric: 'log-loss' });
    expect(baseline).toBeGreaterThan(0);
    expect(importances[0]).toMatchObject({ mean: 0, deviation: 0 });
  });

  test('answers are those at the threshold that the model has', async () => {
    const never = createModel({ ...table, metadata: { threshold: 1 } });
    const { baseline, importances } = await explainModel(never, data, { ...machine, metric: 'recall' });
    expect(baseline).toBe(0);
    expect(importances[0].mean).toBe(0);
  });

  test.each(['roc-auc', 'log-loss', 'f1'])('%s gets worse too', async (metric) => {
    const { importances, better } = await explainModel(table, data, { ...machine, metric });
    expect(better).toBe(metric === 'log-loss' ? 'lower' : 'higher');
    expect(importances[0].mean).toBeGreaterThan(0.1);
    expect(importances[1].mean).toBe(0);
  });

  test('a figure that does not fit is refused', async () => {
    await expect(explainModel(table, data, { ...machine, metric: 'rmse' })).rejects.toThrow(
      /^explainModel: metric has "rmse", expected one of accuracy, balanced-accuracy, /,
    );
  });
});
