import type { NetworkSpec } from '@gradloom/core';
import {
  type BackendChoice,
  createPool,
  evaluateModel,
  fingerprint,
  type Pool,
  splitDataset,
  type TrainOptions,
  train,
} from '@gradloom/runtime';
import { resolveBackend } from '@gradloom/runtime/internal';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { firstDifference } from '../../support/bits.ts';
import { checkpointedRun } from '../../support/checkpointed-run.ts';
import { counted, onlyInAll } from '../../support/count.ts';
import { needs } from '../../support/needs.ts';
import { oracle } from '../../support/oracle.ts';
import { randomDataset } from '../../support/random-dataset.ts';
import { createRankGroup } from '../../support/rank-group.ts';

// Images of 4x5 pixels with 2 channels; 4 batches an epoch, of two leaves, the last of 2 rows.
const spec: NetworkSpec = {
  input: [4, 5, 2],
  layers: [
    { kind: 'dense', out: 20 },
    { kind: 'activation', fn: 'tanh' },
    { kind: 'dense', out: 3 },
  ],
};
/** Its rows depend on each other, so that its passes run together. */
const coupled: NetworkSpec = { ...spec, layers: [{ kind: 'batch-norm' }, ...spec.layers] };
/** Its first layer overwrites its input. */
const masked: NetworkSpec = { ...spec, layers: [{ kind: 'dropout', rate: 0.2 }, ...spec.layers] };
const data = splitDataset(randomDataset({ rows: 65, inputs: 40, classes: 3 }), { validation: 12 / 65 });
const base = { batch: 17, epochs: 3, seed: 3, backend: 'wasm' } satisfies TrainOptions;
const whole = { flip: true, shift: 2, erase: 0.4 };
const turned = { flip: true, shift: 1, rotate: 20, zoom: 0.2, erase: 0.4 };
const stepsOf = (batch: number) => base.epochs * Math.ceil(data.train.rows / batch);

let pool: Pool;
beforeAll(async () => {
  pool = await createPool({ threads: 4 });
});
afterAll(() => pool.destroy());

const printOf = async (network: NetworkSpec, options: TrainOptions): Promise<string> =>
  (await train(network, data, { ...base, ...options, pool }).result).fingerprint;

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
  ])(`threads have the bits of whole steps in one on ${oracleOn}: %s`, needs(backend), async (_name, network, own) => {
    const run = { ...base, ...own, backend: undefined, steps: stepsOf(own.batch * (own.accumulate ?? 1)) };
    const expected = fingerprint(oracle(network, data.train, run as never, resolveBackend(oracleOn)).parameters);
    for (const threads of [1, 4, ...onlyInAll(2, 3)]) {
      expect(await printOf(network, { ...own, backend, threads }), `${threads} threads`).toBe(expected);
    }
  });
});

test('ranks have the same bits', () => {
  const options = { ...turned, batch: 48, steps: 4, seed: 3 };
  for (const network of [spec, coupled]) {
    const { ranks, step, gather } = createRankGroup({
      ...{ spec: network, dataset: data.train, options, threadsOf: [2, 1], backend: 'wasm', seed: 1 },
    });
    for (let k = 0; k < options.steps; k++) step();
    gather();
    const { parameters } = oracle(network, data.train, options, resolveBackend('wasm'));
    for (const { arena } of ranks) expect(firstDifference(arena.model, parameters)).toBeNull();
  }
});

test('each option changes the weights that come out, and evaluations see the rows as they are', async () => {
  const ways = [{}, { flip: true }, { shift: 1 }, { rotate: 30 }, { zoom: 0.3 }, { erase: 0.5 }];
  const prints = await Promise.all(ways.map((own) => printOf(spec, own)));
  expect(new Set(prints).size).toBe(ways.length);
  const { validation } = data;
  if (validation === undefined) throw new Error('no held-out rows');
  const result = await train(spec, data, { ...base, ...turned, pool }).result;
  const { loss } = await evaluateModel(spec, result.parameters, validation, { backend: 'wasm' });
  expect(loss).toBe(result.validation?.loss);
});

test('a resume from any step ends in the same bits, and with another value it is refused', async () => {
  const own = { ...base, ...turned, pool };
  const every = counted(5, 1);
  const { result, checkpoints } = await checkpointedRun(spec, data, { ...own, threads: 2 }, every);
  for (const [at, resume] of checkpoints.entries()) {
    const resumed = await train(spec, data, { ...own, threads: 1 + (at % 3), resume }).result;
    expect(resumed.fingerprint).toBe(result.fingerprint);
  }
  const changed = train(spec, data, { ...own, rotate: 10, resume: checkpoints[0] }).result;
  await expect(changed).rejects.toThrow('a resume continues the same run');
});

test.each<[TrainOptions, NetworkSpec, string]>([
  [{ flip: true }, { ...spec, input: 40 }, 'flip has true and the input shape [40], expected images'],
  [{ zoom: 0.1 }, { ...spec, input: [8, 5] }, 'zoom has 0.1 and the input shape [8,5], expected images'],
  [{ shift: 4 }, spec, 'shift has 4, expected at most 3 (images of 4x5 pixels)'],
  [{ rotate: 181 }, spec, 'rotate has 181, expected a number from 0 to 180'],
  [{ zoom: 1 }, spec, 'zoom has 1, expected a number from 0 to below 1'],
  [{ erase: 1.5 }, spec, 'erase has 1.5, expected a number from 0 to 1'],
])('%o of %o is refused', async (own, network, sentence) => {
  await expect(train(network, data, { ...base, ...own, pool }).result).rejects.toThrow(`train: ${sentence}`);
});
