import { expect, test } from 'vitest';
import { expectAgreement, expectNarrow, experimentJson } from '../../../support/experiment.ts';

test("the chapter's losses come from the library's", async () => {
  const { findings, crossEntropies, uniform } = await experimentJson('loss');
  expectAgreement(findings, [
    ...['0.0467', '0.01', '0.083', '0.69', '4.605', 'the one-hot form is -log p', '11.76'],
    'a uniform guess costs ln V',
  ]);
  for (const [p, value] of Object.entries(crossEntropies as Record<string, number>)) {
    expect(value).toBeCloseTo(-Math.log(Number(p)), 14);
  }
  expect(uniform).toBeCloseTo(Math.log(128_000), 10);
});

test('the output fits 80 columns', async () => {
  await expectNarrow('loss');
});
