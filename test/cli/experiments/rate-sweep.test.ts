import { expect, test } from 'vitest';
import { sweepRates } from '../../../packages/cli/src/experiments/rate-sweep.ts';

/** Sweeps about `centre` where the loss is lowest at 10^power; rates above `limit` diverge. */
const sweep = (centre: number, power: number, limit = Number.POSITIVE_INFINITY) =>
  sweepRates(centre, async (rate) => ({
    run: rate,
    score: rate > limit ? Number.NaN : Math.abs(Math.log10(rate) - power),
  }));

test('rates lie a power of ten apart, and half of one about the best', async () => {
  const { trials, best, bracketed } = await sweep(0.001, -3);
  expect(trials.map(({ rate }) => rate)).toEqual([0.000_01, 0.0001, 0.000_316, 0.001, 0.003_16, 0.01, 0.1]);
  expect({ rate: best.rate, bracketed }).toEqual({ rate: 0.001, bracketed: true });
});

test('a best between two powers is found', async () => {
  expect((await sweep(0.001, -2.5)).best.rate).toBe(0.003_16);
});

test.each([
  [-6, 1e-6],
  [1, 10],
])('where the best lies at the edge, the sweep goes on to 1e%i', async (power, rate) => {
  const { best, bracketed } = await sweep(1e-3, power);
  expect(best.rate).toBeCloseTo(rate, 12);
  expect(bracketed).toBe(true);
});

test('beyond two more powers it stops and says that the best is not bracketed', async () => {
  const { trials, best, bracketed } = await sweep(1, 9);
  expect({ rate: best.rate, bracketed, last: trials.at(-1)?.rate }).toEqual({
    rate: 31_600,
    bracketed: false,
    last: 31_600,
  });
});

test('rates that fail are never the best', async () => {
  const { best } = await sweep(1, 3, 0.5);
  expect(best.rate).toBe(0.316);
  expect(Number.isNaN((await sweep(1, 3, 1e-9)).best.score)).toBe(true);
});

test('the centre is tried as it was given', async () => {
  expect((await sweep(0.001_234_567, -2.9)).trials.map(({ rate }) => rate)).toContain(0.001_234_567);
});
