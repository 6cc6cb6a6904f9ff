import { expect, test } from 'vitest';
import { sweepRates } from '../../../packages/cli/src/experiments/sweep-rates.ts';

const sweep = (loss: (rate: number) => number) => sweepRates(async (rate) => ({ rate, loss: loss(rate) }));
const rates = ({ trials }: { trials: readonly { rate: number }[] }) => trials.map(({ rate }) => rate);
const middle = [0.003, 0.01, 0.03, 0.1, 0.3];

test('five rates do where the best is among them', async () => {
  const found = await sweep((rate) => Math.abs(Math.log(rate / 0.03)));
  expect(rates(found)).toEqual(middle);
  expect(found).toMatchObject({ best: { rate: 0.03 }, bracketed: true });
});

test('goes on beyond an end that is the best, to one rate past the best', async () => {
  const low = await sweep((rate) => Math.abs(Math.log(rate / 0.001)));
  expect(rates(low)).toEqual([3e-4, 0.001, ...middle]);
  expect(low).toMatchObject({ best: { rate: 0.001 }, bracketed: true });
  const high = await sweep((rate) => (rate > 2 ? Number.POSITIVE_INFINITY : 1 / rate));
  expect(rates(high)).toEqual([...middle, 1, 3]);
  expect(high).toMatchObject({ best: { rate: 1 }, bracketed: true });
});

test('says so where the ladder ends first', async () => {
  const high = await sweep((rate) => -rate);
  expect(rates(high)).toEqual([...middle, 1, 3, 10]);
  expect(high).toMatchObject({ best: { rate: 10 }, bracketed: false });
  const never = await sweep(() => Number.POSITIVE_INFINITY);
  expect(never).toMatchObject({ best: { rate: 1e-4 }, bracketed: false });
});
