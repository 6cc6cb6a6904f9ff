import { buildNetwork, type LayerSpec, type NetworkSpec } from '@gradloom/core';
import { complete } from '@gradloom/core/internal';
import {
  type AugmentOptions,
  type BackendChoice,
  conv2d,
  evaluateModel,
  fingerprint,
  flatten,
  sequential,
  splitDataset,
  type TrainOptions,
  tanh,
  textDataset,
  train,
} from '@gradloom/runtime';
import { firstInputs, resolveBackend } from '@gradloom/runtime/internal';
import { describe, expect, test } from 'vitest';
import { firstDifference } from '../../support/bits.ts';
import { checkpointedRun } from '../../support/checkpointed-run.ts';
import { counted, onlyInAll } from '../../support/count.ts';
import { needs } from '../../support/needs.ts';
import { oracle } from '../../support/oracle.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';
import { createRankGroup } from '../../support/rank-group.ts';

// Images of 4x5 pixels with 2 channels; 4 batches an epoch, of two leaves, the last of 2 rows.
const spec = sequential([4, 5, 2], conv2d(3, 3), tanh(), flatten(), { kind: 'dense', out: 3 });
/** Its rows depend on each other, so that its passes run together. */
const coupled: NetworkSpec = { ...spec, layers: [{ kind: 'batch-norm' }, ...spec.layers] };
/** Its first layer overwrites its input. */
const masked: NetworkSpec = { ...spec, layers: [{ kind: 'dropout', rate: 0.2 }, ...spec.layers] };
const data = splitDataset(randomDataset({ rows: 65, inputs: 40, classes: 3 }), { validation: 12 / 65 });
const base = { batch: 17, epochs: 3, seed: 3, backend: 'wasm' } satisfies TrainOptions;
const whole = { augment: { flip: true, shift: 2, erase: 0.4 } };
const turned = { augment: { flip: true, shift: 1, rotate: 20, zoom: 0.2, erase: 0.4 } };
const stepsOf = (batch: number) => base.epochs * Math.ceil(data.train.rows / batch);

const pool = await poolOfFile(4);

const printOf = async (network: NetworkSpec, options: TrainOptions): Promise<string> =>
  (await train(network, data, { ...base, ...options, pool })).fingerprint;

describe.each<[BackendChoice, BackendChoice]>([
  ['wasm', 'reference'],
  ['native', 'native'],
  ...onlyInAll<[BackendChoice, BackendChoice]>(['reference', 'reference'], ['blas', 'blas']),
])('on %s', (backend, oracleOn) => {
  test.each<[string, NetworkSpec, TrainOptions & { batch: number }]>([
    ['whole pixels', spec, { ...whole, batch: 17 }],
    ['interpolated floats', masked, { ...turned, batch: 17, precision: 'float32' }],
    ['accumulated batches', spec, { ...turned, batch: 17, accumulate: 2 }],
    ['weights of classes', spec, { ...turned, batch: 17, classWeight: 'balanced' }],
    ['batch norm', coupled, { ...turned, batch: 48 }],
    ['full batches, several in a span', spec, { ...turned, batch: 53, evaluateEvery: 3 }],
  ])(
    `threads have the bits of whole steps in one on ${oracleOn}: %s`,
    needs(backend),
    async (_name, network, runOptions) => {
      const run = {
        ...base,
        ...runOptions,
        backend: undefined,
        steps: stepsOf(runOptions.batch * (runOptions.accumulate ?? 1)),
      };
      const expected = fingerprint(oracle(network, data.train, run as never, resolveBackend(oracleOn)).parameters);
      for (const threads of [1, 4, ...onlyInAll(2, 3)]) {
        expect(await printOf(network, { ...runOptions, backend, threads }), `${threads} threads`).toBe(expected);
      }
    },
  );
});

test('ranks have the same bits', () => {
  const options = { ...turned, batch: 48, steps: 4, seed: 3 };
  for (const network of [spec, coupled]) {
    const { ranks, step, gather } = createRankGroup({
      spec: network,
      dataset: data.train,
      options,
      threadsOf: [2, 1],
      backend: 'wasm',
      seed: 1,
    });
    for (let k = 0; k < options.steps; k++) step();
    gather();
    const { parameters } = oracle(network, data.train, options, resolveBackend('wasm'));
    for (const { arena } of ranks) expect(firstDifference(arena.evaluatedTheta, parameters)).toBeNull();
  }
});

test('each option changes the weights that come out, and evaluations see the rows as they are', async () => {
  const ways = [{}, { flip: true }, { shift: 1 }, { rotate: 30 }, { zoom: 0.3 }, { erase: 0.5 }];
  const prints = await Promise.all(ways.map((augment) => printOf(spec, { augment })));
  expect(new Set(prints).size).toBe(ways.length);
  const { validation } = data;
  if (validation === undefined) throw new Error('no held-out rows');
  const result = await train(spec, data, { ...base, ...turned, pool });
  const { loss } = await evaluateModel(spec, result.parameters, validation, { backend: 'wasm' });
  expect(loss).toBe(result.validation?.loss);
});

/** A unit without a bias of its own, whose first step from weights of 0 ends in the mean of the rows. */
const meanOf = async (input: NetworkSpec['input'], options: TrainOptions) => {
  const targets = { ...data.train.targets, array: new Float64Array(new SharedArrayBuffer(8 * 53)).fill(1) };
  const inputs = { ...data.train.inputs, shape: [4, 5, 2] };
  const ones = { ...data.train, inputs, targets, classes: null };
  const unit: NetworkSpec = { input, layers: [{ kind: 'flatten' }, { kind: 'dense', out: 1 }] };
  const runOptions = {
    ...options,
    loss: 'quadratic',
    optimizer: { kind: 'sgd', lr: 1 },
    steps: 1,
  } satisfies TrainOptions;
  const { parameters } = await train(unit, { train: ones }, { ...runOptions, pool, parameters: new Float64Array(41) });
  return { unit, ones, runOptions, mean: parameters.subarray(0, 40) };
};

test('the first inputs are those of the first step', async () => {
  for (const options of [
    { batch: 9 },
    { batch: 5, accumulate: 2, ...turned },
    { batch: 7, shuffle: false, ...whole },
  ]) {
    const { unit, ones, runOptions, mean } = await meanOf([4, 5, 2], { ...options, seed: 5 });
    const inputs = complete(firstInputs(buildNetwork(unit), ones, runOptions, 100));
    const rows = options.batch * ('accumulate' in options ? options.accumulate : 1);
    expect(inputs?.images).toHaveLength(rows * 40);
    for (const [i, weight] of mean.entries()) {
      const values = Array.from({ length: rows }, (_, n) => inputs?.images[n * 40 + i] ?? Number.NaN);
      expect(weight).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / rows, 12);
    }
  }
});

test('a network that reads flat rows is given the same images, by the shape of the rows', async () => {
  const [flat, shaped] = [await meanOf(40, turned), await meanOf([4, 5, 2], turned)];
  expect(firstDifference(flat.mean, shaped.mean)).toBeNull();
});

test('a resume from any step ends in the same bits, and with another value it is refused', async () => {
  const runOptions = { ...base, ...turned, pool };
  const every = counted(5, 1);
  const { result, checkpoints } = await checkpointedRun(spec, data, { ...runOptions, threads: 2 }, every);
  for (const [at, resume] of checkpoints.entries()) {
    const resumed = await train(spec, data, { ...runOptions, threads: 1 + (at % 3), resume });
    expect(resumed.fingerprint).toBe(result.fingerprint);
  }
  const changed = train(spec, data, {
    ...runOptions,
    augment: { ...turned.augment, rotate: 10 },
    resume: checkpoints[0],
  });
  await expect(changed).rejects.toThrow('a resume continues the same run');
});

const dense = (input: NetworkSpec['input']): NetworkSpec => ({
  input,
  layers: [{ kind: 'flatten' }, { kind: 'dense', out: 3 }],
});

test.each<[AugmentOptions, NetworkSpec, string]>([
  [
    { flip: true },
    dense(40),
    'flip has true, expected none: random has rows of shape [40], not images (rows of [height, width, channels])',
  ],
  [{ zoom: 0.1 }, dense([8, 5]), 'zoom has 0.1, expected none: random has rows of shape [8, 5], not images'],
  [{ shift: 4 }, spec, 'shift has 4, expected at most 3 (images of 4x5 pixels)'],
  [{ rotate: 181 }, spec, 'augment.rotate has 181, expected a number from 0 to 180'],
  [{ zoom: 1 }, spec, 'augment.zoom has 1, expected a number from 0 to below 1'],
  [{ erase: 1.5 }, spec, 'augment.erase has 1.5, expected a number from 0 to 1'],
  [{ flop: true } as object, spec, 'augment: option "flop" is unknown, expected flip, shift, rotate, zoom, erase'],
])('%o of %o is refused', async (augment, network, sentence) => {
  await expect(train(network, data, { ...base, augment, pool })).rejects.toThrow(`train: ${sentence}`);
});

test('a text is refused as one', async () => {
  const text = await textDataset('ab'.repeat(50), { context: 4, validation: 0 });
  const layers: LayerSpec[] = [
    { kind: 'embedding', vocabulary: 2, width: 2 },
    { kind: 'dense', out: 2 },
  ];
  const run = train({ input: 4, layers }, text, { ...base, augment: { flip: true }, pool });
  await expect(run).rejects.toThrow(/^train: flip has true, expected none: .* is a text, not images \(rows of/);
});
