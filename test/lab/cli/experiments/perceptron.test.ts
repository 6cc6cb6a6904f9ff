import { expect, test } from 'vitest';
import { expectAgreement, expectNarrow, experimentJson } from '../../../support/experiment.ts';

test('AND, OR and NOT are learned, XOR cycles for ever', async () => {
  const { findings, gates } = await experimentJson('perceptron');
  expectAgreement(findings, [
    ...['AND is learned', 'OR is learned', 'NOT is learned'],
    ...['XOR: at most 3 rows are right', 'XOR: no number of epochs is enough'],
  ]);
  const learned = { learned: true, cycle: null };
  expect(gates).toMatchObject({
    AND: { ...learned, right: 4 },
    OR: { ...learned, right: 4 },
    NOT: { ...learned, right: 2 },
    XOR: { learned: false, right: 2 },
  });
});

test('the weights of XOR repeat after the printed number of epochs, by the written rule', async () => {
  const { gates } = await experimentJson('perceptron');
  const { cycle } = (gates as Record<string, { cycle: { from: number; length: number } }>).XOR;
  let w = [0, 0, 0];
  const after = [w];
  for (let epoch = 1; epoch <= cycle.from + cycle.length; epoch++) {
    for (const [a, b, target] of [
      [0, 0, 0],
      [0, 1, 1],
      [1, 0, 1],
      [1, 1, 0],
    ]) {
      const error = target - (w[0] * a + w[1] * b + w[2] >= 0 ? 1 : 0);
      w = [w[0] + error * a, w[1] + error * b, w[2] + error];
    }
    after.push(w);
  }
  const [first, ...others] = after.slice(cycle.from);
  expect(others.at(-1)).toEqual(first);
  // Not before.
  expect(new Set(after.slice(0, -1).map(String)).size).toBe(after.length - 1);
});

test('the separating line is drawn, within 80 columns', async () => {
  const text = await expectNarrow('perceptron');
  expect(text).toMatch(/1 │·+#·* +# +│/);
  expect(text).toContain('# target 1   o target 0');
});
