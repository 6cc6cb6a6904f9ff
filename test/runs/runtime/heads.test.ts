// Several outputs of a network: its figures, answers, models and resumed runs.
import {
  type AnswerOfHeads,
  createModel,
  datasetFromRows,
  dense,
  embedding,
  evaluateModel,
  exportModel,
  gelu,
  input,
  loadModel,
  network as networkOf,
  saveModel,
  selfAttention,
  splitDataset,
  type TrainOptions,
  train,
} from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { checkDataset } from '../../../packages/runtime/src/data/check-dataset.ts';
import { checkpointedRun, reproducibleFields } from '../../support/checkpointed-run.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const pool = await poolOfFile(3);
const folder = temporaryFolder();

const trunk = input(2).through(dense(24), gelu());
const network = networkOf({ side: trunk.through(dense(3)), point: trunk.through(dense(2)) });
const N = 240;
const inputs = Array.from({ length: N }, (_, n) => [Math.sin(1.3 * n), Math.cos(2.1 * n)]);
const sides = inputs.map(([a, b]) => (a > 0.3 ? 'right' : b > 0 ? 'top' : 'low'));
const points = inputs.map(([a, b]) => [10 * (a + b), 10 * a * b]);
const whole = datasetFromRows({ inputs, targets: { point: points, side: sides } });
const { train: rows, test: held } = splitDataset(whole, { test: 0.2, validation: 0 });
const data = { train: rows, test: held ?? rows };
const options = {
  loss: { point: { kind: 'mse', weight: 0.05 } },
  optimizer: { kind: 'adam', lr: 0.01 },
  epochs: 30,
  batch: 16,
  seed: 2,
} as const;
const result = await train(network, data, { ...options, threads: 1, pool });

test('the figures of each output are those of its own columns, and the loss is their weighted sum', () => {
  const { loss, heads } = result.test ?? {};
  expect(heads?.side.accuracy).toBeGreaterThan(0.8);
  expect(heads?.point.r2).toBeGreaterThan(0.9);
  expect(loss).toBeCloseTo((heads?.side.loss ?? 0) + 0.05 * (heads?.point.loss ?? 0), 10);
  const model = createModel(result);
  const { array, columns } = data.test.inputs;
  const { array: targets } = data.test.targets;
  const y = model.outputs(
    Array.from({ length: data.test.rows }, (_, n) => [...array.slice(n * columns, (n + 1) * columns)]),
  );
  const right = y.filter((row, n) => row.slice(0, 3).indexOf(Math.max(...row.slice(0, 3))) === targets[3 * n + 2]);
  expect(heads?.side.accuracy).toBe(right.length / y.length);
  const errors = y.flatMap((row, n) => [0, 1].map((c) => Math.abs(row[3 + c] - targets[3 * n + c])));
  expect(heads?.point.mae).toBeCloseTo(errors.reduce((sum, error) => sum + error, 0) / errors.length, 10);
});

test.each([2, 3])('%i threads change no bit', async (threads) => {
  const other = await train(network, data, { ...options, threads, pool });
  expect(reproducibleFields(other)).toEqual(reproducibleFields(result));
});

test('class weights of a target are weights of its rows in its own loss, and rows may have weights in all', async () => {
  const still = { kind: 'sgd', lr: 1e-300 } as const; // the weights stay as they begin
  const { loss } = options;
  const first = { loss, seed: 2, batch: 'full', steps: 1, optimizer: still, threads: 2, pool } as const;
  const lossOf = async (set: typeof rows, classWeight?: TrainOptions['classWeight']) => {
    const run = await train(network, { train: set }, { ...first, ...(classWeight && { classWeight }) });
    return { ...run, loss: run.epochLosses[0] };
  };
  const { parameters } = await lossOf(rows);
  const model = createModel({ spec: network, parameters, loss: result.loss });
  const { array, columns } = rows.inputs;
  const y = model.outputs(
    Array.from({ length: rows.rows }, (_, n) => [...array.slice(n * columns, (n + 1) * columns)]),
  );
  const weights = new Float64Array(new SharedArrayBuffer(8 * rows.rows));
  for (let n = 0; n < rows.rows; n++) weights[n] = n % 3;
  const [counts, targets] = [[0, 0, 0], rows.targets.array];
  for (let n = 0; n < rows.rows; n++) counts[targets[3 * n + 2]]++;
  const weightOfClass = counts.map((count) => rows.rows / (3 * count));
  /** The mean losses of both targets by weights of rows, and weights of classes in `side`. */
  const expected = (weightOf: (n: number) => number, ofClass: readonly number[]): number => {
    const [sums, all] = [
      [0, 0],
      [0, 0],
    ];
    for (const [n, row] of y.entries()) {
      const label = targets[3 * n + 2];
      const surprise = Math.log(row.slice(0, 3).reduce((sum, z) => sum + Math.exp(z), 0)) - row[label];
      const squares = [0, 1].reduce((sum, c) => sum + (row[3 + c] - targets[3 * n + c]) ** 2 / 2, 0);
      for (const [k, [weight, loss]] of [
        [ofClass[label] * weightOf(n), surprise],
        [weightOf(n), squares],
      ].entries()) {
        sums[k] += weight * loss;
        all[k] += weight;
      }
    }
    return sums[0] / all[0] + 0.05 * (sums[1] / all[1]);
  };
  const one = () => 1;
  expect((await lossOf(rows, 'balanced')).loss).toBeCloseTo(expected(one, weightOfClass), 9);
  expect((await lossOf(rows, { side: { top: 3 } })).loss).toBeCloseTo(expected(one, [1, 1, 3]), 9);
  const weighed = { ...rows, weights: { array: weights, columns: 1, divisor: 1 } };
  expect((await lossOf(weighed)).loss).toBeCloseTo(
    expected((n) => weights[n], [1, 1, 1]),
    9,
  );
  expect((await lossOf(weighed, { side: [1, 2, 3] })).loss).toBeCloseTo(
    expected((n) => weights[n], [1, 2, 3]),
    9,
  );
});

test.each([
  [{ sides: 'balanced' }, 'classWeight has target "sides", expected one of side (those of rows with classes)'],
  [{ point: 'balanced' }, 'classWeight has target "point", expected one of side (those of rows with classes)'],
  [[1, 2, 3], 'classWeight has [1, 2, 3], expected weights by target for rows, such as side=balanced'],
  [{ side: { up: 2 } }, 'classWeight has class "up", expected one of low, right, top (the classes of side)'],
  [{ side: [1, 2] }, 'classWeight has 2 numbers, expected 3 (one for each class of side)'],
  [{ side: 3, point: 'balanced' }, 'classWeight has "balanced", expected a number of at least 0'],
])('class weights %j do not fit targets', async (classWeight, sentence) => {
  await expect(train(network, data, { ...options, classWeight: classWeight as never, pool })).rejects.toThrow(sentence);
});

test('a resumed run ends in the same weights', async () => {
  const { checkpoints } = await checkpointedRun(network, data, { ...options, threads: 2, pool }, { epochs: 10 });
  const resumed = await train(network, data, { ...options, threads: 3, pool, resume: checkpoints[0] });
  expect(resumed.fingerprint).toBe(result.fingerprint);
});

test('a saved model evaluates and answers with all outputs', async () => {
  const path = `${folder.path}/heads.gradloom`;
  saveModel(path, createModel(result));
  const model = loadModel(path);
  expect(
    (await evaluateModel(model.spec, model.parameters, data.test, { loss: result.loss, threads: 1 })).heads,
  ).toEqual(result.test?.heads);
  const [answer] = model.predict([[0.9, -0.2]]) as unknown as AnswerOfHeads[];
  expect(answer).toEqual({
    prediction: { side: expect.any(String), point: [expect.any(Number), expect.any(Number)] },
    probabilities: { side: { 0: expect.any(Number), 1: expect.any(Number), 2: expect.any(Number) } },
  });
  const metadata = { headLabels: { side: ['low', 'right', 'top'] } };
  const [named] = createModel({ ...result, metadata }).predict([[0.9, -0.2]]) as unknown as AnswerOfHeads[];
  expect(named.prediction.side).toBe('right');
  const [all] = await model.predictAll([[0.9, -0.2]]);
  expect(all).toEqual(answer);
  const sentence = 'the model has outputs "side", "point", expected one; predict gives the answers of each';
  expect(() => model.classify([[1, 1]])).toThrow(`classify: ${sentence}`);
  expect(() => model.probabilities([[1, 1]])).toThrow(`probabilities: ${sentence}`);
  await exportModel(`${folder.path}/heads.onnx`, model);
});

test('answers of positions are those of real ones, each output by the lengths of its own part', async () => {
  const words = input(4, 'words').through(embedding(7, 6), selfAttention(2, { causal: false }), dense(2));
  const other = input(3, 'other').through(embedding(7, 6), dense(2));
  const spec = networkOf({ words, other });
  const rows = datasetFromRows({
    inputs: Array.from({ length: 12 }, (_, n) => Array.from({ length: 7 }, (_, i) => (3 * n + i) % 7)),
    targets: {
      words: Array.from({ length: 12 }, (_, n) => [n % 2, 1, -1, -1]),
      other: Array.from({ length: 12 }, (_, n) => [n % 2, -1, -1]),
    },
    classes: { words: 2, other: 2 },
    lengths: Array.from({ length: 12 }, () => [2, 1]),
  });
  const model = createModel(await train(spec, { train: rows }, { epochs: 1, threads: 1, pool }));
  const given = [
    [1, 2, 0, 0, 3, 0, 0],
    [1, 2, 3, 0, 3, 4, 5],
  ];
  const counts = (answers: unknown) =>
    (answers as AnswerOfHeads[]).map(({ prediction }) =>
      [prediction.words, prediction.other].map((it) => (it as []).length),
    );
  expect(counts(model.predict(given, { lengths: [2, 1, 3, 3] }))).toEqual([
    [2, 1],
    [3, 3],
  ]);
  expect(counts(model.predict(given))).toEqual([
    [4, 3],
    [4, 3],
  ]);
});

test('an output may have any name, but those that a loss has', async () => {
  const spec = networkOf({ constructor: trunk.through(dense(1)), toString: trunk.through(dense(1)) });
  const rows = datasetFromRows({
    inputs,
    targets: { constructor: inputs.map(([a]) => a), toString: inputs.map(([, b]) => b) },
  });
  const model = createModel(await train(spec, { train: rows }, { epochs: 1, threads: 1, pool }));
  const [{ prediction }] = model.predict([[0.5, 0.5]]) as unknown as AnswerOfHeads[];
  expect(Object.values(prediction)).toEqual([expect.any(Number), expect.any(Number)]);
  for (const name of ['kind', '__proto__']) {
    expect(() => networkOf({ [name]: trunk, other: trunk })).toThrow(`names has "${name}", expected another name`);
  }
});

describe('one sentence says what does not fit', () => {
  const other = { input: 2, layers: [dense(3)] };
  test.each([
    [network, { angle: 'mse' }, 'the loss has "angle", expected the outputs "side", "point"'],
    [network, 'mse', 'the loss has mse, expected one for each of the targets "point", "side" of rows'],
    [other, undefined, 'the loss has those of "point", "side", expected one loss: the network has one output'],
    [network, { point: 'softmax-cross-entropy' }, 'has values, expected class indices for softmax-cross-entropy'],
    [network, { side: { kind: 'mse', weight: 0 } }, 'loss of side: weight has 0, expected a number above 0'],
  ])('%#', async (spec, loss, sentence) => {
    await expect(train(spec, data, { ...(loss && { loss: loss as never }), pool })).rejects.toThrow(sentence);
  });

  test('targets of several outputs lie one row after the other', () => {
    const sparse = { ...rows, targets: { ...rows.targets, step: 4 } };
    expect(() => checkDataset('here', sparse).next()).toThrow(/targets (beside heads have a step|has \d+ numbers)/);
  });

  test.each([
    [{ side: ['a'] }, 'target "side": targets has 1 rows, expected 2'],
    [{ side: ['a', 'b'], point: [[1, 2], [3]] }, 'target "point" has 1 number in row 1, expected 2'],
    // Both together have as many numbers in each row.
    [{ a: [[1, 2], [3]], b: [[4], [5, 6]] }, 'target "a" has 1 number in row 1, expected 2'],
  ])('%#', (targets, sentence) => {
    expect(() => datasetFromRows({ inputs: [[1], [2]], targets })).toThrow(sentence);
  });
});
