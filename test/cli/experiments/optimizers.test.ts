import { expect, test } from 'vitest';
import { expectNarrow, experimentJson } from '../../support/experiment.ts';

test('all start from the same loss, and each ends far below it', async () => {
  const { optimizers } = await experimentJson('optimizers');
  const runs = Object.values(optimizers as Record<string, { losses: number[] }>);
  expect(runs).toHaveLength(6);
  expect(new Set(runs.map(({ losses }) => losses[0])).size).toBe(1);
  for (const { losses } of runs) expect(losses.at(-1)).toBeLessThan(0.1 * losses[0]);
});

test('what is printed fits 80 columns', async () => {
  await expectNarrow('optimizers');
});
