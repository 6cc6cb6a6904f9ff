import { expect, test } from 'vitest';
import { expectAgreement, expectNarrow, experimentJson } from '../../../support/experiment.ts';

test("one step gives the chapter's numbers, exact where the chapter rounded", async () => {
  const { findings, gradient, numeric, chainRule } = await experimentJson('backprop');
  expectAgreement(findings, [
    ...['1.1', '0.750', '0.0625', '-0.500', '0.1875', '-0.1875', '-0.09375'],
    ...['0.01875', '0.009375', '0.51875', '0.109375', '1.14688', '0.759', '0.0581', '0.01'],
    ...['central differences are the gradient', '8,388,608'],
  ]);
  expect(chainRule).toBe(0.01);
  const { dw, db } = gradient as { dw: number; db: number };
  expect(dw.toFixed(7)).toBe('-0.1871749');
  expect(numeric).toEqual({ dw: expect.closeTo(dw, 9), db: expect.closeTo(db, 9) });
});

test('the exact values are those of the equations, and their product along the chain is the gradient', async () => {
  const { before, gradient, after } = await experimentJson('backprop');
  const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
  const p = sigmoid(1.1);
  const slope = Math.exp(-1.1) / (1 + Math.exp(-1.1)) ** 2;
  const dw = 2 * (p - 1) * slope * 2;
  const db = 2 * (p - 1) * slope;
  expectClose(before, { w: 0.5, b: 0.1, z: 1.1, prediction: p, loss: (p - 1) ** 2 });
  expectClose(gradient, { dPrediction: 2 * (p - 1), dPredictionByZ: slope, dw, db });
  const [w, b] = [0.5 - 0.1 * dw, 0.1 - 0.1 * db];
  const z = 2 * w + b;
  expectClose(after, { w, b, z, prediction: sigmoid(z), loss: (sigmoid(z) - 1) ** 2 });
});

function expectClose(actual: unknown, expected: Record<string, number>): void {
  const close = Object.entries(expected).map(([name, value]) => [name, expect.closeTo(value, 14)]);
  expect(actual).toEqual(Object.fromEntries(close));
}

test('the output fits 80 columns and shows the exact values', async () => {
  expect(await expectNarrow('backprop')).toContain('-0.1871749');
});
