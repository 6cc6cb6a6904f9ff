import { expect, test } from 'vitest';
import { expectAgreement, expectNarrow, experimentJson } from '../../../support/experiment.ts';

test('two linear layers are one, and an activation between them is not', async () => {
  const { findings, twoLayers, oneLayer, withRelu } = await experimentJson('layer');
  expectAgreement(findings, ['12', '4', 'two linear layers are one', 'with relu between them they are not']);
  expect(oneLayer).toEqual(twoLayers);
  expect(withRelu).not.toEqual(twoLayers);
});

test('the output fits 80 columns', async () => {
  await expectNarrow('layer');
});
