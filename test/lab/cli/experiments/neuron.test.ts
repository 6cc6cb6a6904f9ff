import { expect, test } from 'vitest';
import { expectAgreement, expectNarrow, experimentJson } from '../../../support/experiment.ts';

test("the chapter's neuron gives the chapter's numbers", async () => {
  const { findings, z, sigmoid } = await experimentJson('neuron');
  expectAgreement(findings, ['0.06', '0.16', '0.540', '0.16', '0']);
  expect(z).toBeCloseTo(0.16, 14);
  expect(sigmoid).toBeCloseTo(1 / (1 + Math.exp(-0.16)), 14);
});

test('the output fits 80 columns', async () => {
  await expectNarrow('neuron');
});
