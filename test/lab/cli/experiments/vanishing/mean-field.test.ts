import { describe, expect, test } from 'vitest';
import { meanSquareOf, meanVarianceOf } from '../../../../../packages/cli/src/lab/experiments/vanishing/deep-data.ts';
import { deepNetwork, probeAtStart } from '../../../../../packages/cli/src/lab/experiments/vanishing/deep-run.ts';
import {
  expectedSizes,
  meanField,
  momentsOf,
  normedMeanField,
} from '../../../../../packages/cli/src/lab/experiments/vanishing/mean-field.ts';
import { startFactors } from '../../../../../packages/cli/src/lab/experiments/vanishing/start-factors.ts';
import { counted } from '../../../../support/count.ts';
import { poolOfFile } from '../../../../support/pool-of-file.ts';
import { randomDataset } from '../../../../support/random-dataset.ts';

describe('moments of a normal distribution', () => {
  test.each([
    ['identity', 'outputs', { mean: 3, kurtosis: 3, response: 1 }],
    ['identity', 'slopes', { mean: 1, kurtosis: 1, response: 0 }],
    ['relu', 'outputs', { mean: 1.5, kurtosis: 6, response: 1 }],
    ['relu', 'slopes', { mean: 0.5, kurtosis: 2, response: 0 }],
    ['leaky-relu', 'slopes', { mean: 0.5 * (1 + 1e-4), kurtosis: (2 * (1 + 1e-8)) / (1 + 1e-4) ** 2, response: 0 }],
  ] as const)('of %s, %s, are the closed forms', (kind, which, expected) => {
    const moments = momentsOf({ kind }, 3)[which];
    for (const key of ['mean', 'kurtosis', 'response'] as const)
      expect(moments[key], key).toBeCloseTo(expected[key], 6);
  });

  test.each(['sigmoid', 'tanh', 'gelu', 'softplus'] as const)(
    'the response of %s is the slope of ln E over ln q',
    (kind) => {
      const h = 1e-3;
      for (const which of ['outputs', 'slopes'] as const) {
        const lnAt = (q: number) => Math.log(momentsOf({ kind }, q)[which].mean);
        const slope = (lnAt(2 * Math.exp(h)) - lnAt(2 * Math.exp(-h))) / (2 * h);
        expect(momentsOf({ kind }, 2)[which].response).toBeCloseTo(slope, 5);
      }
    },
  );
});

test('relu with variance 2/n keeps every size, as He et al. derive', () => {
  const layers = Array.from({ length: 9 }, () => ({ fanIn: 50, fanOut: 50, weightVariance: 2 / 50, biasVariance: 0 }));
  const fields = meanField({ kind: 'relu' }, 0.7, layers);
  for (const size of expectedSizes(fields)) expect(size).toBeCloseTo(1, 9);
  for (const { zVariance } of fields) expect(zVariance).toBeCloseTo(1.4, 6);
});

test('a linear net follows from n Var(W) alone, by the width of the layer above', () => {
  const widths = [5, 40, 20, 60];
  const layers = widths
    .slice(1)
    .map((fanOut, l) => ({ fanIn: widths[l], fanOut, weightVariance: 0.01, biasVariance: 0.5 }));
  const [first, second, third] = meanField({ kind: 'identity' }, 2, layers);
  expect(first.zVariance).toBeCloseTo(5 * 0.01 * 2 + 0.5, 9);
  expect(second.zVariance).toBeCloseTo(40 * 0.01 * first.zVariance + 0.5, 9);
  expect([first.factor, second.factor]).toEqual([
    expect.closeTo(Math.sqrt(20 * 0.01), 9),
    expect.closeTo(Math.sqrt(60 * 0.01), 9),
  ]);
  expect(third.factor).toBeNull();
});

test('after batch-norm the factor is that of the function alone, whatever the weights, as Yang et al. derive', () => {
  const layers = [3, 0.01, 7].map((weightVariance) => ({ fanIn: 50, fanOut: 50, weightVariance, biasVariance: 1 }));
  const sizes = (kind: 'identity' | 'relu') => {
    // √(O Var W) / σ of the layer before is left between layers of other weights.
    const fields = normedMeanField({ kind }, 2, layers);
    expect(fields[0].zVariance).toBeCloseTo(50 * 3 * 2, 9);
    return fields.map(({ factor, zVariance }, l) =>
      factor === null ? null : factor * Math.sqrt(zVariance / fields[l + 1].zVariance),
    );
  };
  expect(sizes('identity')).toEqual([expect.closeTo(1, 6), expect.closeTo(1, 6), null]);
  const relu = Math.sqrt(Math.PI / (Math.PI - 1));
  expect(sizes('relu')).toEqual([expect.closeTo(relu, 6), expect.closeTo(relu, 6), null]);
});

const pool = await poolOfFile(1);

describe('before the first step a wide net is what theory says, within 4 %', () => {
  const dataset = randomDataset({ rows: 64, inputs: 100, classes: 10 });

  // The quick run's net has fewer layers and is narrower: wide enough for the same 4 %.
  const hidden = new Array<number>(counted(3, 5)).fill(counted(400, 600));
  test.each([
    ['sigmoid', 'he-normal', undefined],
    ['sigmoid', 'lecun-normal', { kind: 'normal', std: 1 }],
    ['tanh', 'glorot-uniform', undefined],
    ['relu', 'he-normal', undefined],
    ['relu', 'glorot-normal', undefined],
    ['leaky-relu', 'he-uniform', undefined],
    ['elu', 'lecun-normal', undefined],
    ['gelu', 'he-normal', undefined],
    ['silu', 'he-normal', undefined],
    ['identity', 'lecun-uniform', undefined],
  ] as const)('%s from %s, biases %o', async (kind, init, biasInit) => {
    const shape = { input: 100, hidden, output: 10, init, ...(biasInit === undefined ? {} : { biasInit }) };
    const bench = {
      data: { train: dataset },
      loss: 'softmax-cross-entropy',
      machine: { backend: 'wasm', threads: 1 },
      pool,
    } as const;
    const length = { optimizer: 'sgd', batch: 'full', seed: 1 } as const;
    const look = await probeAtStart(deepNetwork(shape, { kind }), bench, length);
    const meanSquare = meanSquareOf(dataset.inputs, dataset.rows);
    const { measured, expected, theory } = startFactors(look, { kind }, [100, ...hidden], meanSquare);
    expect(Math.abs(Number(measured.factor) / Number(expected.factor) - 1)).toBeLessThan(0.04);
    for (const [h, { zMean, zStd }] of look.layers.entries()) {
      expect(Math.abs((zMean ** 2 + zStd ** 2) / theory[h].zVariance - 1), `variance of z in layer ${h}`).toBeLessThan(
        0.2,
      );
    }
  });

  test.each(['sigmoid', 'tanh', 'relu'] as const)('batch-norm and %s', async (kind) => {
    const rows = randomDataset({ rows: 512, inputs: 100, classes: 10 });
    const machine = { backend: 'wasm', threads: 1 } as const;
    const bench = { data: { train: rows }, loss: 'softmax-cross-entropy', machine, pool } as const;
    const shape = { input: 100, hidden, output: 10, init: 'he-normal', norm: 'batch-norm' } as const;
    const look = await probeAtStart(deepNetwork(shape, { kind }), bench, { optimizer: 'sgd', batch: 'full', seed: 1 });
    const [square, variance] = [meanSquareOf, meanVarianceOf].map((of) => of(rows.inputs, rows.rows));
    const { measured, expected, effect } = startFactors(look, { kind }, [100, ...hidden], square, variance);
    expect(Math.abs(Number(measured.factor) / Number(expected.factor) - 1)).toBeLessThan(0.04);
    expect(effect).toBeNull();
  });
});
