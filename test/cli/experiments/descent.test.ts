import { expect, test } from 'vitest';
import { decimal } from '../../../packages/cli/src/report/format.ts';
import { expectAgreement, expectNarrow, experimentOnce, slipsOf } from '../../support/experiment.ts';

const descent = experimentOnce('descent');

test('a rate can be too small, right or too large, schedules and small batches gain', async () => {
  const { findings } = await descent();
  expectAgreement(findings, [
    ...['rate 1e-7 crawls', 'just right', 'too large', 'rate 10 diverges'],
    ...['XOR learns at rate 2.0', 'sin x diverges at rate 2.0', 'warm-up and cosine end below constant'],
    ...['noise of a batch of B rows is as theory', 'batches of 1 need fewer epochs than of all', 'and more steps'],
  ]);
  expect(slipsOf(findings)).toEqual(['rate 0.001', 'rate 0.1']);
});

test('from another seed, other numbers are printed, in 80 columns', async () => {
  const text = await expectNarrow('descent', '--seed', '3');
  for (const verdict of ['crawls', 'slow', 'learns', 'overshoots', 'diverges']) expect(text).toContain(verdict);
  const { rates, schedules } = (await descent()) as unknown as {
    rates: Record<string, { losses: number[] }>;
    schedules: Record<string, { loss: number }>;
  };
  // Each of these is printed with four digits from seed 0: of the weights, and of the order of the rows.
  const shown = [rates['0.1'].losses[0], schedules.constant.loss].map(decimal);
  for (const number of shown) expect(text).not.toContain(` ${number} `);
});
