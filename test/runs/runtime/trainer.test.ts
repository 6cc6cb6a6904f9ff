import type { LossName, NetworkSpec } from '@gradloom/core';
import {
  createPool,
  datasetFromRows,
  dense,
  dropout,
  evaluateModel,
  heaviside,
  residual,
  sequential,
  subset,
  type TrainEvent,
  tanh,
  train,
} from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';

const dataset = randomDataset({ rows: 203, inputs: 8, classes: 3 });
const spec = sequential(8, dense(16), tanh(), dense(3));

const pool = await poolOfFile(3);

async function collect(run: AsyncIterable<TrainEvent>): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

describe('events and result', () => {
  test('agree with each other', async () => {
    const run = train(
      spec,
      { train: dataset, validation: dataset, test: dataset },
      { epochs: 4, batch: 50, threads: 2, pool },
    );
    const events = await collect(run);
    const result = await run;
    expect(events[0]).toMatchObject({ type: 'start', parameters: 195, stepsPerEpoch: 5, totalSteps: 20, threads: 2 });
    const epochs = events.filter((event) => event.type === 'epoch');
    expect(epochs.map(({ epoch, step }) => [epoch, step])).toEqual([
      [1, 5],
      [2, 10],
      [3, 15],
      [4, 20],
    ]);
    expect(epochs.map(({ trainLoss }) => trainLoss)).toEqual([...result.epochLosses]);
    expect(epochs.at(-1)?.validation).toEqual(result.validation);
    expect(result.validation).toEqual(result.test);
    expect(result).toMatchObject({ stopped: 'completed', steps: 20, epochs: 4, trainLoss: result.epochLosses[3] });
  });

  test('evaluateTraining measures 1,000 evenly spaced training rows without dropout, and changes no weight', async () => {
    const rows = randomDataset({ rows: 1503, inputs: 8, classes: 3 });
    const noisy = sequential(8, dense(16), tanh(), dropout(0.5), dense(3));
    const options = { epochs: 4, batch: 50, threads: 2, pool };
    const accuraciesOf = async (...[network, sets, more]: Parameters<typeof train>) => {
      const run = train(network, sets, { ...options, evaluateTraining: true, ...more });
      const epochs = (await collect(run)).filter((event) => event.type === 'epoch');
      return { result: await run, accuracies: epochs.map(({ trainAccuracy }) => trainAccuracy) };
    };
    const sets = { train: rows, validation: dataset };
    const plain = await train(noisy, sets, options);
    const { result, accuracies } = await accuraciesOf(noisy, sets);
    expect(result.fingerprint).toBe(plain.fingerprint);
    const sample = Uint32Array.from({ length: 1000 }, (_, k) => Math.floor(1.503 * k));
    const { accuracy } = await evaluateModel(noisy, result.parameters, subset(rows, sample), { threads: 1 });
    expect(accuracies).toEqual([expect.any(Number), expect.any(Number), expect.any(Number), accuracy]);
    // Fewer rows are all evaluated. Without a set to evaluate, or without classes, there is no accuracy.
    const few = await accuraciesOf(spec, { train: dataset, test: dataset }, { evaluateTest: true });
    expect(few.accuracies.at(-1)).toBe(few.result.test?.accuracy);
    expect((await accuraciesOf(spec, { train: dataset })).accuracies.filter(Number.isFinite)).toEqual([]);
    const values = datasetFromRows({ inputs: [[1], [2], [3]], targets: [[1], [2], [4]] });
    const ofValues = await accuraciesOf(sequential(1, dense(1)), { train: values, validation: values }, { batch: 3 });
    expect(ofValues.accuracies.filter(Number.isFinite)).toEqual([]);
  });

  test('a network that learns has a falling loss and an accuracy above chance', async () => {
    const { epochLosses, test: figures } = await train(
      spec,
      { train: dataset, test: dataset },
      { epochs: 200, optimizer: { kind: 'adam', lr: 0.01 }, threads: 2, pool },
    );
    expect(epochLosses[199]).toBeLessThan(0.5 * epochLosses[0]);
    expect(figures?.accuracy).toBeGreaterThan(0.7);
  });

  test('steps end a run in the middle of an epoch', async () => {
    const result = await train(spec, { train: dataset }, { steps: 7, batch: 50, threads: 1, pool });
    expect(result).toMatchObject({ steps: 7, epochs: 7 / 5 });
    expect(result.epochLosses.length).toBe(2);
  });
});

test('later changes to spec, data and options do not affect a run', async () => {
  const options = { epochs: 2, threads: 2, pool };
  const calm = await train(spec, { train: dataset }, { ...options, optimizer: { kind: 'sgd', lr: 0.1 } });
  const changing = structuredClone(spec);
  const optimizer = { kind: 'sgd' as const, lr: 0.1 };
  const run = train(changing, { train: dataset }, { ...options, optimizer });
  changing.layers.pop();
  optimizer.lr = 9;
  const { fingerprint, spec: trained } = await run;
  expect(fingerprint).toBe(calm.fingerprint);
  expect(trained).toEqual(spec);
});

test('a rate that falls on a plateau does not while each validation loss is the best so far, however seldom there is one', async () => {
  const run = train(
    spec,
    { train: dataset, validation: dataset },
    {
      epochs: 12,
      evaluateEvery: 3,
      optimizer: { kind: 'sgd', lr: 0.05 },
      schedule: { kind: 'plateau', patienceEpochs: 0, threshold: 0 },
      threads: 1,
      pool,
    },
  );
  const epochs = (await collect(run)).filter((event) => event.type === 'epoch');
  const losses = epochs.flatMap(({ validation }) => validation?.loss ?? []);
  expect(losses).toEqual([...losses].sort((a, b) => b - a));
  expect(losses.length).toBe(4);
  expect(new Set(epochs.map(({ learningRate }) => learningRate))).toEqual(new Set([0.05]));
});

describe('signal', () => {
  test('ends a run at the end of a step, with the state so far', async () => {
    const controller = new AbortController();
    const run = train(spec, { train: dataset }, { epochs: 1_000_000, threads: 2, pool, signal: controller.signal });
    for await (const event of run) if (event.type === 'progress') controller.abort();
    const { stopped, steps, fingerprint } = await run;
    expect(stopped).toBe('aborted');
    expect(steps).toBeGreaterThan(0);
    const again = await train(spec, { train: dataset }, { steps, threads: 1, pool });
    expect(again.fingerprint).toBe(fingerprint);
  });

  test('aborted before the start, trains nothing', async () => {
    const { stopped, steps } = await train(spec, { train: dataset }, { pool, signal: AbortSignal.abort() });
    expect([stopped, steps]).toEqual(['aborted', 0]);
  });
});

describe('a shared pool', () => {
  test('serves several runs at once, each with the bits it has alone', async () => {
    const options = (seed: number) => ({ seed, epochs: 30, threads: 2, pool });
    const alone: string[] = [];
    for (const seed of [1, 2, 3, 4]) alone.push((await train(spec, { train: dataset }, options(seed))).fingerprint);
    const together = await Promise.all([1, 2, 3, 4].map((seed) => train(spec, { train: dataset }, options(seed))));
    expect(together.map(({ fingerprint }) => fingerprint)).toEqual(alone);
    expect(pool.live.size).toBe(0);
  });

  test('refuses more threads than it has, and objects that are no pool', async () => {
    await expect(train(spec, { train: dataset }, { pool, threads: 4 })).rejects.toThrow(
      'threads has 4, expected at most 3',
    );
    await expect(train(spec, { train: dataset }, { pool: { ...pool } })).rejects.toThrow(
      'expected one that createPool made',
    );
  });

  test('destroyed, fails a run instead of hanging it', async () => {
    const gone = await createPool({ threads: 2 });
    const run = train(spec, { train: dataset }, { pool: gone, epochs: 1_000_000 });
    for await (const event of run) {
      if (event.type === 'start') break;
    }
    await gone.destroy();
    await expect(run).rejects.toThrow(/pool|thread/i);
    await expect(train(spec, { train: dataset }, { pool: gone, threads: 1 })).rejects.toThrow('destroyed');
  });
});

describe('refused before any thread exists', () => {
  test.each([
    [{ batch: 0 }, 'batch has 0, expected a whole number of at least 1'],
    [{ shards: 4 }, 'train: option "shards" is unknown, expected loss, optimizer'],
    [{ epochs: 1.5 }, 'epochs has 1.5, expected a whole number of at least 1'],
    [{ epochs: 1, steps: 1 }, 'expected one of the two'],
    [{ threads: -1 }, 'threads has -1'],
    [{ seed: -1 }, 'seed has -1, expected a whole number of at least 0'],
    [{ signal: {} }, 'signal has {}, expected an AbortSignal'],
    [{ clipNorm: 0 }, 'clipNorm has 0, expected a number above 0'],
    [{ optimizer: { kind: 'adam', beta: 1 } }, 'did you mean beta'],
    [{ backend: 'wsam' }, 'did you mean wasm?'],
    [{ loss: 'mse', epoch: 3 }, 'did you mean epochs?'],
  ] as [object, string][])('%o', async (options, message) => {
    await expect(train(spec, { train: dataset }, options)).rejects.toThrow(message);
  });

  test('a dataset made by hand whose parts do not fit', async () => {
    const array = Float64Array.from(dataset.targets.array);
    array[7] = 3;
    const shared = new Float64Array(new SharedArrayBuffer(array.byteLength));
    shared.set(array);
    const mislabelled = { ...dataset, targets: { ...dataset.targets, array: shared } };
    await expect(train(spec, { train: mislabelled }, { loss: 'mse' })).rejects.toThrow(
      'train: random: label of row 7 has 3, expected a whole number from 0 to 2',
    );
    await expect(train(spec, { train: dataset, test: { ...dataset, rows: 204 } })).rejects.toThrow(
      'train: random: inputs has 1624 numbers, expected 1632 (204 x 8)',
    );
  });

  test.each([
    [5, '5'],
    [-1, '-1'],
    [1.5, '1.5'],
    [Number.NaN, 'NaN'],
  ])('a number that is no index of the embedding it goes to: %s', async (index, shown) => {
    const inputs = Array.from({ length: 9 }, (_, n) => [n % 5, n === 7 ? index : 0]);
    const words = datasetFromRows({ inputs, targets: inputs.map(() => 1), name: 'words' });
    const layers: NetworkSpec['layers'] = [
      { kind: 'embedding', vocabulary: 5, width: 3 },
      { kind: 'flatten' },
      { kind: 'dense', out: 1 },
    ];
    await expect(train({ input: 2, layers }, { train: words }, { pool })).rejects.toThrow(
      `train: words: the index at row 7, place 1 has ${shown}, expected a whole number from 0 to 4 (of embedding(5x3))`,
    );
  });

  test('a network that does not fit the data', async () => {
    const narrow: NetworkSpec = { input: 7, layers: [{ kind: 'dense', out: 3 }] };
    const four: NetworkSpec = { input: 8, layers: [{ kind: 'dense', out: 4 }] };
    const perceptron = sequential(8, dense(3), heaviside());
    await expect(train(narrow, { train: dataset })).rejects.toThrow("the network's input has 7, expected 8");
    await expect(train(four, { train: dataset })).rejects.toThrow("the network's output has 4, expected 3");
    await expect(train(perceptron, { train: dataset })).rejects.toThrow('derivative 0 everywhere');
  });
});

describe('a step that is not finite', () => {
  test('names step, rows and layer, and keeps the state before it', async () => {
    const failing = train(
      spec,
      { train: dataset },
      { epochs: 50, optimizer: { kind: 'sgd', lr: 1e308 }, batch: 64, threads: 2, pool },
    );
    const error = await failing.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'TrainingError' });
    const { step, parameters, message } = error as { step: number; parameters: Float64Array; message: string };
    expect(message).toMatch(/step \d+, rows \d+ to \d+ of the batch: .* at layer \d .*expected finite numbers/);
    const before = await train(
      spec,
      { train: dataset },
      { steps: step, optimizer: { kind: 'sgd', lr: 1e308 }, batch: 64, threads: 1, pool },
    );
    expect([...parameters]).toEqual([...before.parameters]);
  });

  test.each<[string, number, number, LossName, string]>([
    ['losses', 1, 1.2e308 / 16, 'mae', "the sum of the rows' losses has Infinity"],
    ['gradients', 1e100, 1e100, 'mse', 'the norm of the gradient has Infinity'],
  ])('though every leaf is says that it comes from all %s together', async (_what, input, target, loss, message) => {
    // Two leaves of 16 rows.
    const rows = Array.from({ length: 32 }, () => [input]);
    const large = datasetFromRows({ inputs: rows, targets: rows.map(() => target), name: 'large' });
    const linear: NetworkSpec = { input: 1, layers: [{ kind: 'dense', out: 1, init: 'zeros' }] };
    const run = train(linear, { train: large }, { pool, threads: 2, batch: 32, loss });
    await expect(run).rejects.toThrow(`train: step 0: ${message}, expected a finite number`);
  });

  test.each<[string, string, number[], readonly number[], number, string]>([
    [
      'output',
      'inner',
      [1, 0],
      [1e200, 0, 0, 0, 0, 0, 1e200, 0, 0, 0, 0, 0, 1, 1, 0],
      0,
      'output of dense(2->2) at layer 0.1.0 has Infinity',
    ],
    [
      'gradient',
      'first',
      [1e200, 0],
      [0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0],
      1e150,
      'gradient with respect to W of dense(2->2) at layer 0.0 has -Infinity',
    ],
  ])(
    'inside of a layer: %s of the %s one is named by its path',
    async (_what, _which, input, weights, target, message) => {
      const rows = datasetFromRows({ inputs: [input], targets: [target], name: 'large' });
      const nested = sequential(2, residual(dense(2), residual(dense(2))), dense(1));
      const options = { pool, threads: 1, parameters: Float64Array.from(weights) };
      await expect(train(nested, { train: rows }, options)).rejects.toThrow(
        `train: step 0, row 0 of the batch: ${message}`,
      );
    },
  );

  test.each([18, 40])(
    'is the one whose update takes a weight out of range, though no loss shows it: %i steps',
    async (steps) => {
      // The bias stays 0, since the rows are each other's negative. W moves by 1e307 a step, away from 0: 18 of them
      // are beyond the largest double, 1.798e308, while the outputs, a tenth of W, are not. Only the loss of a 19th
      // step would show it.
      const mirrored = datasetFromRows({ inputs: [[0.1], [-0.1]], targets: [5e307, -5e307], name: 'mirrored' });
      const linear: NetworkSpec = { input: 1, layers: [{ kind: 'dense', out: 1, init: 'zeros' }] };
      const options = { loss: 'mae', optimizer: { kind: 'sgd', lr: 1e308 }, batch: 2, threads: 1, pool } as const;
      const error = await train(linear, { train: mirrored }, { ...options, steps }).catch((e: unknown) => e);
      expect(error).toMatchObject({
        name: 'TrainingError',
        step: 17,
        message: expect.stringMatching(
          /^train: step 17: after its update W of dense\(1->1\) at layer 0 has Infinity, expected finite/,
        ),
      });
      const before = await train(linear, { train: mirrored }, { ...options, steps: 17 });
      expect((error as { parameters: Float64Array }).parameters).toEqual(before.parameters);
    },
  );

  test('that comes from the data says so', async () => {
    const inputs = Array.from({ length: 40 }, (_, n) => [n === 33 ? Number.NaN : n / 40, 1]);
    const bad = datasetFromRows({ inputs, targets: inputs.map(() => 1), name: 'holes' });
    const run = train(
      { input: 2, layers: [{ kind: 'dense', out: 1 }] },
      { train: bad },
      { pool, threads: 2, batch: 40 },
    );
    await expect(run).rejects.toThrow(
      'step 0, rows 32 to 39 of the batch: the inputs have NaN, expected finite numbers',
    );
  });
});

test('an error is thrown where a run is awaited and where it is read, and is unhandled if neither is done', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(String(reason));
  process.on('unhandledRejection', note);
  train(spec, { train: dataset }, { batch: -1 });
  const both = train(spec, { train: dataset }, { batch: 0 });
  const read = collect(both);
  await expect(both).rejects.toThrow('batch has 0');
  await expect(read).rejects.toThrow('batch has 0');
  await expect(collect(train(spec, { train: dataset }, { batch: 0 }))).rejects.toThrow('batch has 0');
  await expect(train(spec, { train: dataset }, { batch: 0 })).rejects.toThrow('batch has 0');
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([expect.stringContaining('batch has -1')]);
});

test('threads that would have nothing to do are not started: a thousand of them cost one leaf what one costs', async () => {
  const small: NetworkSpec = { input: 8, layers: [{ kind: 'dense', out: 3 }] };
  const result = await train(small, { train: dataset }, { threads: 1000, batch: 8, steps: 2 });
  expect(result.threads).toBe(1);
  const nested = sequential(8, residual(heaviside()), dense(3));
  await expect(train(nested, { train: dataset })).rejects.toThrow('step at layer 0.0 has derivative 0');
});

describe('a warning', () => {
  test.each([
    [Number.NaN, 'NaN'],
    [1e200, 'Infinity'],
  ])('says once of each part that the loss of its rows is not finite: %s in a row', async (value, shown) => {
    const targets = dataset.targets.array.slice(0, 1);
    const strange = datasetFromRows({
      inputs: [Array(8).fill(value)],
      targets: [...targets],
      classes: 3,
      name: 'strange',
    });
    const data = { train: dataset, validation: strange, test: strange };
    const linear: NetworkSpec = { input: 8, layers: [{ kind: 'dense', out: 3 }] };
    const run = train(linear, data, { loss: 'mse', steps: 20, batch: 50, pool });
    const messages = (await collect(run)).flatMap((event) => (event.type === 'warning' ? [event.message] : []));
    const rest = `has ${shown}, expected a finite number (look for wrong rows, or weights that are too large)`;
    expect(messages).toEqual([`the validation loss after step 5 ${rest}`, `the test loss after step 20 ${rest}`]);
  });

  const linear = (out: number): NetworkSpec => ({ input: 1, layers: [{ kind: 'dense', out }] });
  const labelled = (...targets: number[]) =>
    datasetFromRows({ inputs: targets.map((n) => [n]), targets, classes: 9, name: 'gaps' });

  async function warnings(...[spec, data, options]: Parameters<typeof train>): Promise<string[]> {
    const run = train(spec, data, { threads: 1, pool, steps: 1, ...options });
    return (await collect(run)).flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  }

  test.each([
    [[0, 1, 2, 3, 4, 5, 6, 7, 8], []],
    [[0, 1, 2, 3, 5, 6, 7, 8], ['gaps has no training row of class 4, out of 9 classes: they cannot be learned']],
    [
      [7, 8],
      ['gaps has no training row of classes 0, 1, 2, 3, 4 and 2 more, out of 9 classes: they cannot be learned'],
    ],
    [[3, 3], ['gaps has training rows of only one class: there is nothing to tell apart']],
  ])('names the classes that labels %j leave out', async (labels, expected) => {
    expect(await warnings(linear(9), { train: labelled(...labels) }, {})).toEqual(expected);
  });

  test('says that a batch is larger than the set, whose rows it then has', async () => {
    const data = datasetFromRows({ inputs: [[1], [2]], targets: [1, 2], name: 'two' });
    const message = 'batch has 3, but two has 2 training rows: every batch has all of them';
    expect(await warnings(linear(1), { train: data }, { batch: 3 })).toEqual([message]);
    for (const batch of [2, 'full'] as const) expect(await warnings(linear(1), { train: data }, { batch })).toEqual([]);
  });
});
