import type { NetworkSpec } from '@gradloom/core';
import { createModel, createTrainer, evaluateModel, type TrainOptions, train } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';

const spec: NetworkSpec = { input: 3, layers: [{ kind: 'dense', out: 2 }] };
const rows = randomDataset({ rows: 20, inputs: 3, classes: 2 });
const floats = { precision: 'float32', backend: 'reference', steps: 2 } as const satisfies TrainOptions;

const pool = await poolOfFile(1);

const run = (options: TrainOptions, network = spec, train_ = rows) =>
  train(network, { train: train_ }, { ...floats, threads: 1, pool, ...options });

test.each<[option: string, TrainOptions, sentence: string]>([
  [
    'ema',
    { ema: 1 - 2 ** -26 },
    'train: ema has 0.9999999850988388, expected a number that float32 does not round to 1',
  ],
  ['ema', { ema: 1e-50 }, 'train: ema has 1e-50, expected a number that float32 does not round to 0'],
  ['clipNorm', { clipNorm: 1e-50 }, 'train: clipNorm has 1e-50, expected a number that float32 does not round to 0'],
  ['maxNorm', { maxNorm: 1e39 }, 'train: maxNorm has 1e+39, expected a number that float32 does not round to Infinity'],
  [
    'optimizer.epsilon',
    { optimizer: { kind: 'adam', epsilon: 1e-46 } },
    'train: adam: epsilon has 1e-46, expected a number that float32 does not round to 0',
  ],
  [
    'loss.labelSmoothing',
    { loss: { kind: 'softmax-cross-entropy', labelSmoothing: 1 - 2 ** -30 } },
    'train: softmax-cross-entropy: labelSmoothing has 0.9999999990686774, expected a number that float32 does not round to 1',
  ],
  [
    'optimizer.lr',
    { optimizer: { kind: 'adam', lr: 1e38 } },
    'train: the learning rate has 1e+38 in the first step, expected a smaller one',
  ],
])(
  'a run of floats refuses %s %j before any thread, and one of doubles does not',
  async (option, options, sentence) => {
    const doubles = await run({ ...options, precision: 'float64' }).then(
      () => 'done',
      (error: Error) => error.name,
    );
    expect(doubles).toMatch(/^(done|TrainingError)$/);
    const events: string[] = [];
    const refused = run({ ...options, onEvent: ({ type }) => void events.push(type) });
    await expect(refused).rejects.toThrow(sentence);
    await expect(refused).rejects.toMatchObject({ options: [option] });
    expect(events).toEqual([]);
  },
);

test('a run and an evaluation of floats refuse a divisor that they do not keep', async () => {
  const dividedBy = (divisor: number) => ({ ...rows, inputs: { ...rows.inputs, divisor } });
  const sentence = 'inputs.divisor has 1e-50, expected a number that float32 does not round to 0';
  await expect(run({}, spec, dividedBy(1e-50))).rejects.toThrow(`train: ${rows.name}: ${sentence}`);
  await expect(run({}, spec, dividedBy(1e39))).rejects.toThrow('inputs.divisor has 1e+39');
  const weights = new Float32Array(8);
  const evaluate = (parameters: Float32Array | Float64Array) =>
    evaluateModel(spec, parameters, dividedBy(1e-50), { threads: 1, backend: 'reference' });
  await expect(evaluate(weights)).rejects.toThrow(`evaluateModel: ${rows.name}: ${sentence}`);
  expect((await evaluate(Float64Array.from(weights))).rows).toBe(20);
  const values = { ...rows, classes: null, targets: { ...rows.targets, divisor: 1e-50 } };
  const one: NetworkSpec = { input: 3, layers: [{ kind: 'dense', out: 1 }] };
  await expect(run({ loss: 'mse' }, one, values)).rejects.toThrow('targets.divisor has 1e-50');
});

test('an evaluation and a model of floats refuse numbers of layers and losses that they do not keep', async () => {
  const normed: NetworkSpec = { input: 3, layers: [{ kind: 'layer-norm', epsilon: 1e-46 }, ...spec.layers] };
  const weights = new Float32Array(14).fill(0.5);
  const sentence = 'layer-norm(3) at layer 0: epsilon has 1e-46, expected a number that float32 does not round to 0';
  const machine = { threads: 1, backend: 'reference' } as const;
  await expect(evaluateModel(normed, weights, rows, machine)).rejects.toThrow(`evaluateModel: ${sentence}`);
  expect(() => createModel({ spec: normed, parameters: weights })).toThrow(`createModel: ${sentence}`);
  createModel({ spec: normed, parameters: Float64Array.from(weights) });
  const loss = { kind: 'softmax-cross-entropy', labelSmoothing: 1e-46 } as const;
  await expect(evaluateModel(spec, new Float32Array(8), rows, { ...machine, loss })).rejects.toThrow(
    'evaluateModel: softmax-cross-entropy: labelSmoothing has 1e-46',
  );
});

test('a trainer of floats refuses a rate that is Infinity as a float, and takes one that is 0', async () => {
  const trainer = await createTrainer(spec, { train: rows }, { ...floats, threads: 1, pool });
  expect(() => trainer.setRate(1e39)).toThrow(
    'setRate: rate has 1e+39, expected a number that float32 does not round to Infinity',
  );
  const before = await trainer.parameters();
  trainer.setRate(1e-50);
  await trainer.step();
  expect(await trainer.parameters()).toEqual(before);
  await trainer.close();
});

test('a rate of a schedule that grows beyond floats ends the run at its step', async () => {
  const growing: TrainOptions = {
    optimizer: { kind: 'sgd', lr: 1 },
    batch: 20,
    steps: 5,
    schedule: { kind: 'step', everySteps: 2, gamma: 1e39 },
  };
  await expect(run(growing)).rejects.toThrow(/^train: step 2: after its update .* has -?(Infinity|NaN)/);
  const shrinking: TrainOptions = { ...growing, schedule: { kind: 'step', everySteps: 1, gamma: 1e-50 } };
  const [one, five] = [await run({ ...shrinking, steps: 1 }), await run(shrinking)];
  expect(five.fingerprint).toBe(one.fingerprint);
});
