import { describe, expect, test } from 'vitest';
import { sweepLearningRates } from '../../../../../packages/cli/src/lab/experiments/sweep.ts';

const cost = (outcome: number): number => outcome;

describe('a cost that is least at one rate', () => {
  test.each([1e-5, 0.003, 0.1, 3, 1000])('is found at %d, whatever the range starts with', async (best) => {
    const sweep = await sweepLearningRates({ low: 0.01, high: 1 }, async (lr) => Math.abs(Math.log(lr / best)), cost);
    expect(sweep.best.lr).toBe(best);
    expect(sweep.bracketed).toBe(true);
    const rates = sweep.trials.map(({ lr }) => lr);
    expect(rates).toEqual([...rates].sort((a, b) => a - b));
    expect(rates).toEqual(expect.arrayContaining([0.01, 0.03, 0.1, 0.3, 1]));
  });
});

test('an outcome that is not finite is worse than any other', async () => {
  const run = async (lr: number) =>
    lr < 0.02 ? Number.NaN : lr > 0.1 ? Number.NaN : lr > 0.03 ? Number.POSITIVE_INFINITY : 1 / lr;
  const { best, bracketed } = await sweepLearningRates({ low: 0.01, high: 1 }, run, cost);
  expect({ lr: best.lr, bracketed }).toEqual({ lr: 0.03, bracketed: true });
});

test('a cost that falls for ever ends the search, and is reported as not bracketed', async () => {
  const { trials, best, bracketed } = await sweepLearningRates({ low: 0.1, high: 1 }, async (lr) => -lr, cost);
  expect(trials).toHaveLength(16);
  expect(best.lr).toBe(trials[15].lr);
  expect(bracketed).toBe(false);
});

test('of equal costs the lowest rate is the best', async () => {
  const run = async (lr: number) => (lr > 0.02 && lr < 0.5 ? 1 : 2);
  expect((await sweepLearningRates({ low: 0.1, high: 1 }, run, cost)).best.lr).toBe(0.03);
});

test('if every rate fails, the search goes down and ends', async () => {
  const { trials, bracketed } = await sweepLearningRates({ low: 0.1, high: 1 }, async () => Number.NaN, cost);
  expect(trials).toHaveLength(16);
  expect(trials[15].lr).toBe(1);
  expect(bracketed).toBe(false);
});

test('the rates include the rate that they go through, exactly', async () => {
  const range = { low: 0.0004, high: 0.004, through: 0.001_234_567_890_123 };
  const { trials } = await sweepLearningRates(
    range,
    async (lr) => Math.abs(Math.log(lr / 0.001_234_567_890_123)),
    cost,
  );
  expect(trials.map(({ lr }) => lr)).toEqual([0.0004, 0.001_234_567_890_123, 0.004]);
  const decades = await sweepLearningRates(
    { ...range, low: 1e-5, high: 0.1 },
    async (lr) => Math.abs(lr - 0.001),
    cost,
  );
  expect(decades.trials.map(({ lr }) => lr)).toEqual([
    ...[0.000_012_345_678_901_2, 0.000_04, 0.000_123_456_789_012, 0.0004, 0.001_234_567_890_123],
    ...[0.004, 0.012_345_678_901_2, 0.04, 0.123_456_789_012],
  ]);
});

test('the search ends after `maxTrials` rates', async () => {
  const { trials, bracketed } = await sweepLearningRates({ low: 0.1, high: 1, maxTrials: 5 }, async (lr) => -lr, cost);
  expect({ rates: trials.map(({ lr }) => lr), bracketed }).toEqual({ rates: [0.1, 0.3, 1, 3, 10], bracketed: false });
});
