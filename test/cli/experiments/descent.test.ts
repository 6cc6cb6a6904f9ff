import { expect, test } from 'vitest';
import { expectAgreement, expectNarrow, experimentJson } from '../../support/experiment.ts';

test('a rate can be too small, right or too large', async () => {
  expectAgreement((await experimentJson('descent')).findings, ['crawls', 'learns', 'too large']);
});

test('what is printed fits 80 columns', async () => {
  expect(await expectNarrow('descent')).toContain('too large');
});
