import { expect, test } from 'vitest';
import { expectAgreement, expectNarrow, experimentJson, slipsOf } from '../../support/experiment.ts';

test('a rate can be too small, right or too large, schedules and small batches gain', async () => {
  const { findings } = await experimentJson('descent');
  expectAgreement(findings, [
    ...['rate 1e-7 crawls', 'just right', 'too large', 'rate 10 diverges'],
    ...['XOR learns at rate 2.0', 'sin x diverges at rate 2.0', 'warm-up and cosine end below constant'],
    ...['noise of a batch of B rows is as theory', 'batches of 1 need fewer epochs than of all', 'and more steps'],
  ]);
  expect(slipsOf(findings)).toEqual(['rate 0.001', 'rate 0.1']);
});

test('what is printed fits 80 columns', async () => {
  const text = await expectNarrow('descent');
  for (const verdict of ['crawls', 'slow', 'learns', 'overshoots', 'diverges']) expect(text).toContain(verdict);
});

test('the seed changes the weights, whatever is compared', async () => {
  const [a, b] = [await experimentJson('descent'), await experimentJson('descent', '--seed', '3')];
  for (const part of ['rates', 'schedules', 'gradientNorm']) expect(b[part], part).not.toEqual(a[part]);
});
