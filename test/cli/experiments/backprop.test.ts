import { expect, test } from 'vitest';
import { expectAgreement, expectNarrow, experimentJson } from '../../support/experiment.ts';

test("one step gives the chapter's numbers, exact where the chapter rounded", async () => {
  const { findings, gradient, numeric } = await experimentJson('backprop');
  expectAgreement(findings, [
    ...['1.1', '0.750', '0.0625', '-0.500', '0.1875', '-0.1875', '-0.09375', '0.51875', '0.109375', '1.14688'],
    ...['0.759', '0.0581', '0.01', 'equal', '8,388,608'],
  ]);
  const { dw, db } = gradient as { dw: number; db: number };
  expect(dw.toFixed(7)).toBe('-0.1871749');
  expect(numeric).toEqual({ dw: expect.closeTo(dw, 9), db: expect.closeTo(db, 9) });
});

test('what is printed fits 80 columns and shows the exact values', async () => {
  expect(await expectNarrow('backprop')).toContain('-0.1871749');
});
