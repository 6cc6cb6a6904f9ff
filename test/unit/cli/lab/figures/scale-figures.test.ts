import { expect, test } from 'vitest';
import { phasesOf } from '../../../../../packages/cli/src/lab/figures/scale-figures.ts';

test('the phases of each thread add up to the step of the table, in the shares of the run with clocks', () => {
  const slow = { gather: 1, forward: 2, backward: 4, update: 2, exchange: 0, wait: 1 };
  const idle = { gather: 1, forward: 1, backward: 1, update: 1, exchange: 0, wait: 6 };
  const phases = phasesOf({ stepMs: 8, profiles: [slow, idle] });
  expect(phases).toEqual([
    { gather: 0.8, forward: 1.6, backward: 3.2, update: 1.6, exchange: 0, wait: 0.8 },
    { gather: 0.8, forward: 0.8, backward: 0.8, update: 0.8, exchange: 0, wait: expect.closeTo(4.8, 12) },
  ]);
});
