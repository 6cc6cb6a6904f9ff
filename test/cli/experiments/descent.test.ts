import { expect, test } from 'vitest';
import { expectAgreement, expectNarrow, experimentJson } from '../../support/experiment.ts';

test('a rate can be too small, right or too large, schedules and small batches gain', async () => {
  expectAgreement((await experimentJson('descent')).findings, [
    ...['crawls', 'behind 0.1', 'below a tenth', 'diverges'],
    ...['learns', 'diverges'],
    'below constant',
    ...['1 / sqrt(B)', 'fewer for 1', 'fewer for all'],
  ]);
});

test('what is printed fits 80 columns', async () => {
  const text = await expectNarrow('descent');
  for (const verdict of ['crawls', 'slow', 'learns', 'overshoots', 'diverges']) expect(text).toContain(verdict);
});

test('the seed changes the weights, whatever is compared', async () => {
  const [a, b] = [await experimentJson('descent'), await experimentJson('descent', '--seed', '3')];
  for (const part of ['rates', 'schedules', 'gradientNorm']) expect(b[part], part).not.toEqual(a[part]);
});
