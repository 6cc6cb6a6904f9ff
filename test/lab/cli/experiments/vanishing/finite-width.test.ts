import { describe, expect, test } from 'vitest';
import { meanSquareOf } from '../../../../../packages/cli/src/lab/experiments/vanishing/deep-data.ts';
import { deepNetwork, probeAtStart } from '../../../../../packages/cli/src/lab/experiments/vanishing/deep-run.ts';
import { meanField } from '../../../../../packages/cli/src/lab/experiments/vanishing/mean-field.ts';
import {
  factorRange,
  fitWeights,
  type StartFactors,
  startFactors,
  widthEffect,
} from '../../../../../packages/cli/src/lab/experiments/vanishing/start-factors.ts';
import { counted, onlyInAll } from '../../../../support/count.ts';
import { poolOfFile } from '../../../../support/pool-of-file.ts';
import { randomDataset } from '../../../../support/random-dataset.ts';

const layersOf = (depth: number, n: number, weightVariance: number) =>
  Array.from({ length: depth }, () => ({ fanIn: n, fanOut: n, weightVariance, biasVariance: 0 }));

describe('relu, whose spread is 5/n', () => {
  const effectOf = (depth: number, n: number) =>
    widthEffect(meanField({ kind: 'relu' }, 1, layersOf(depth, n, 2 / n)), fitWeights(new Array(depth).fill(1)));

  test('in one step from layer to layer', () => {
    expect(effectOf(2, 20)?.shift).toBeCloseTo(-Math.log(1.25) / 4, 5);
    expect(effectOf(2, 20)?.deviation).toBeCloseTo(Math.sqrt(Math.log(1.25)) / 2, 5);
  });

  test('over many steps, by the slope of a random walk: 6/5 of the steps, squared', () => {
    expect(effectOf(400, 20)?.shift).toBeCloseTo(-Math.log(1.25) / 4, 5);
    const error = Math.sqrt((1.2 * Math.log(1.25)) / 4 / 400);
    expect(Number(effectOf(400, 20)?.deviation) / error).toBeCloseTo(1, 2);
  });

  test('is null for fewer than five units', () => {
    expect(effectOf(10, 6)).not.toBeNull();
    expect(effectOf(10, 4)).toBeNull();
  });

  test('is null for outputs whose fourth power overflows', () => {
    expect(widthEffect(meanField({ kind: 'relu' }, 1, layersOf(3, 20, 1e120)), fitWeights([1, 1, 1]))).toBeNull();
  });
});

test('the mean of S starts has an error of 1/sqrt(S)', () => {
  const start = { factor: 0.5, expected: 0.5, effect: { shift: -0.1, deviation: 0.2 } };
  const one = factorRange([start]);
  const four = factorRange([start, start, start, { ...start }]);
  expect(one).toEqual({
    factor: 0.5,
    low: expect.closeTo(0.5 * Math.exp(-0.7), 12),
    high: expect.closeTo(0.5 * Math.exp(0.6), 12),
  });
  expect(four).toEqual({
    factor: 0.5,
    low: expect.closeTo(0.5 * Math.exp(-0.4), 12),
    high: expect.closeTo(0.5 * Math.exp(0.3), 12),
  });
  expect(factorRange([{ ...start, effect: null }])).toBeNull();
});

const pool = await poolOfFile(1);

describe('of 30 random nets', () => {
  const dataset = randomDataset({ rows: 64, inputs: 100, classes: 10 });

  async function starts(
    kind: 'sigmoid' | 'relu' | 'tanh' | 'softplus' | 'gelu',
    width: number,
    depth: number,
    nets = 30,
  ) {
    const hidden = new Array<number>(depth).fill(width);
    const spec = deepNetwork({ input: 100, hidden, output: 10, init: 'he-normal' }, { kind });
    const bench = {
      data: { train: dataset },
      loss: 'softmax-cross-entropy',
      machine: { backend: 'wasm', threads: 1 },
      pool,
    } as const;
    const meanSquare = meanSquareOf(dataset.inputs, dataset.rows);
    const starts: StartFactors[] = [];
    for (let seed = 1; seed <= nets; seed++) {
      const look = await probeAtStart(spec, bench, { optimizer: 'sgd', batch: 'full', seed });
      starts.push(startFactors(look, { kind }, [100, ...hidden], meanSquare));
    }
    return starts.map(({ measured, expected, effect }) => ({
      off: Math.log(Number(measured.factor) / Number(expected.factor)),
      shift: effect?.shift ?? Number.NaN,
      deviation: effect?.deviation ?? Number.NaN,
      range: factorRange([{ factor: measured.factor, expected: expected.factor, effect }]),
      expected: Number(expected.factor),
    }));
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  type Net = readonly [kind: Parameters<typeof starts>[0], width: number, depth: number];
  const deep = onlyInAll<Net>(
    ['sigmoid', 32, 20],
    ['sigmoid', 4, 50],
    ['relu', 32, 20],
    ['softplus', 32, 20],
    ['gelu', 8, 10],
  );
  test.each<Net>([['sigmoid', 8, 10], ['relu', 8, 10], ['tanh', 8, 10], ['softplus', 8, 10], ...deep])(
    '%s of %d units, %d layers: each is in its range, and the range is no wider than it must be',
    async (kind, width, depth) => {
      const nets = await starts(kind, width, depth);
      for (const { range } of nets) {
        expect(range?.factor).toBeGreaterThanOrEqual(Number(range?.low));
        expect(range?.factor).toBeLessThanOrEqual(Number(range?.high));
      }
      const off = nets.map((net) => net.off);
      const spread = Math.sqrt(mean(off.map((value) => (value - mean(off)) ** 2)));
      const deviation = mean(nets.map((net) => net.deviation));
      expect(spread / deviation).toBeGreaterThan(0.25);
      expect(spread / deviation).toBeLessThan(1.3);
      // Between rows that agree wholly, and rows that have nothing in common.
      const error = deviation / Math.sqrt(30);
      expect(mean(off)).toBeGreaterThan(mean(nets.map((net) => net.shift)) - 3 * error);
      expect(mean(off)).toBeLessThan(3 * error);
    },
  );

  test('slopes alone, and weights alone, are out of the range of sigmoid at 64 units', async () => {
    for (const { range } of await starts('sigmoid', 64, 20, counted(5, 30))) {
      for (const wrong of [0.25, Math.SQRT2, 0.25 * Math.SQRT2]) {
        expect(wrong > Number(range?.low) && wrong < Number(range?.high), String(wrong)).toBe(false);
      }
    }
  });
});
