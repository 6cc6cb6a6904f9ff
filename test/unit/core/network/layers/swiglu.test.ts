import { expect, test } from 'vitest';
import { maxRelativeError } from '../../../../support/errors.ts';
import { runLayer } from '../../../../support/one-layer.ts';

const Wg = [0.5, -1, 2, 0.25, 1, -0.5]; // [2, 3]
const bg = [0.125, -0.5, 1];
const Wv = [1, 2, -0.5, -1, 0.5, 3];
const bv = [0.25, -1, 0.5];

test('is silu of the gate times the value', () => {
  const x = [
    [1, 2],
    [-4, 0.5],
  ];
  const { y } = runLayer({ kind: 'swiglu', out: 3 }, x, () => 0, { parameters: [Wg, bg, Wv, bv] });
  const affine = (row: readonly number[], W: readonly number[], b: readonly number[]) =>
    b.map((start, o) => start + row[0] * W[o] + row[1] * W[3 + o]);
  const expected = x.flatMap((row) => {
    const v = affine(row, Wv, bv);
    return affine(row, Wg, bg).map((g, o) => (g / (1 + Math.exp(-g))) * v[o]);
  });
  expect(maxRelativeError(y, expected)).toBeLessThan(1e-14);
});

test('passes no gradient below 2⁻⁹³⁰ on, by gate or by value', () => {
  const { gradients } = runLayer({ kind: 'swiglu', out: 3 }, [[1, 2]], () => 1e-290, { parameters: [Wg, bg, Wv, bv] });
  for (const gradient of gradients) expect(new Set(gradient.map(Math.abs))).toEqual(new Set([0]));
});

test('draws both weights by init and both biases by biasInit', () => {
  const init = { kind: 'constant' as const, value: 3 };
  const biasInit = { kind: 'constant' as const, value: -2 };
  const { parameters } = runLayer({ kind: 'swiglu', out: 3, init, biasInit }, [[1, 2]], () => 0);
  expect(parameters.map((tensor) => [...new Set(tensor)])).toEqual([[3], [-2], [3], [-2]]);
});

test('starts from glorot-uniform weights and no biases', () => {
  const { parameters } = runLayer({ kind: 'swiglu', out: 200 }, [[1, 2]], () => 0);
  const limit = Math.sqrt(6 / (2 + 200));
  for (const W of [parameters[0], parameters[2]]) {
    const largest = Math.max(...W.map(Math.abs));
    expect(largest).toBeLessThanOrEqual(limit);
    // Of 400 numbers all would lie below 95 % of the limit once in 8e8 draws.
    expect(largest).toBeGreaterThan(0.95 * limit);
  }
  expect(new Set([...parameters[1], ...parameters[3]])).toEqual(new Set([0]));
});
