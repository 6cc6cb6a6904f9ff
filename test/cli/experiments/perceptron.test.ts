import { expect, test } from 'vitest';
import { expectAgreement, expectNarrow, experimentJson } from '../../support/experiment.ts';

test.each(['1000', '20000'])('AND, OR and NOT are learned, XOR is not in %s epochs', async (epochs) => {
  const { findings, gates } = await experimentJson('perceptron', '--epochs', epochs);
  expectAgreement(findings, ['yes', 'yes', 'yes', 'at most 3']);
  expect(gates).toMatchObject({
    AND: { learned: true, right: 4 },
    OR: { learned: true, right: 4 },
    NOT: { learned: true, right: 2 },
    XOR: { learned: false, epochs: Number(epochs) },
  });
});

test('the separating line is drawn, within 80 columns', async () => {
  const text = await expectNarrow('perceptron');
  expect(text).toMatch(/1 │·+#·* +# +│/);
});
