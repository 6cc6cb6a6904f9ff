import { expect, test } from 'vitest';
import {
  affine,
  affineBackwardInput,
  affineBackwardWeights,
  averageRows,
  scale,
} from '../../../../packages/core/src/program/reference/products.ts';

// 2⁵³ + 1 rounds back to 2⁵³: a sum of ones and BIG tells in which order it was added.
const BIG = 2 ** 53;

test('affine starts each sum at the bias and adds inputs in ascending order', () => {
  const y = new Float64Array(2).fill(Number.NaN);
  const x = Float64Array.of(1, 1);
  const W = Float64Array.of(1, -BIG, -BIG, 1); // [2, 2]
  affine(y, x, W, Float64Array.of(BIG, BIG), 1, 2, 2, 2);
  expect(y).toEqual(Float64Array.of(BIG + 1 - BIG, 1)); // BIG + 1 is BIG
});

test('affine is x · W + b, row by row', () => {
  const y = new Float64Array(4);
  affine(y, Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(10, 20), 2, 3, 2, 2);
  expect(y).toEqual(Float64Array.of(32, 48, 59, 84));
});

test('affineBackwardInput is dy · Wᵀ, each sum from 0 in ascending order of outputs', () => {
  const dx = new Float64Array(2).fill(Number.NaN);
  const W = Float64Array.of(BIG, 1, -BIG, BIG, -BIG, 1); // [2, 3]
  affineBackwardInput(dx, Float64Array.of(1, 1, 1), W, 1, 2, 3);
  expect(dx).toEqual(Float64Array.of(0, 1));
});

test('affineBackwardWeights is xᵀ · dy and the column sums of dy, each from 0 in ascending order of rows', () => {
  const dW = new Float64Array(2).fill(Number.NaN);
  const db = new Float64Array(1).fill(Number.NaN);
  const x = Float64Array.of(BIG, 1, 1, 2, -BIG, 3); // [3, 2]
  affineBackwardWeights(dW, db, x, Float64Array.of(1, 1, 1), 3, 3, false, 2, 1);
  expect([...dW, ...db]).toEqual([0, 6, 3]);
});

test('affineBackwardWeights overwrites with zeros where there are no rows', () => {
  const dW = new Float64Array(4).fill(Number.NaN);
  const db = new Float64Array(2).fill(Number.NaN);
  affineBackwardWeights(dW, db, new Float64Array(0), new Float64Array(0), 0, 16, false, 2, 2);
  expect([...dW, ...db]).toEqual([0, 0, 0, 0, 0, 0]);
});

test.each([
  [1, '(((ab)(cd))((ef)(gh)))i'],
  [2, '((ab)(cd))e'],
  [3, '(ab)c'],
  [5, 'ab'],
  [9, 'a'],
])('affineBackwardWeights adds leaves of %i of 9 rows as %s, to what is there where it joins', (leafRows, tree) => {
  const dy = Float64Array.from({ length: 9 }, (_, n) => (((n * 0.618) % 1) - 0.5) * 10 ** ((7 * n) % 9));
  const sumOf = (k: number) => dy.slice(k * leafRows, (k + 1) * leafRows).reduce((sum, value) => sum + value, 0);
  const expected = sumByTree(tree, sumOf);
  for (const [accumulate, before, after] of [
    [false, Number.NaN, expected],
    [true, 1e8 / 3, 1e8 / 3 + expected],
  ] as const) {
    const [dW, db] = [Float64Array.of(before), Float64Array.of(before)];
    affineBackwardWeights(dW, db, new Float64Array(9).fill(1), dy, 9, leafRows, accumulate, 1, 1);
    expect([dW[0], db[0]]).toEqual([after, after]);
  }
});

test.each([
  [1, 'a'],
  [2, 'ab'],
  [3, '(ab)c'],
  [5, '((ab)(cd))e'],
  [6, '((ab)(cd))(ef)'],
  [8, '((ab)(cd))((ef)(gh))'],
  [9, '(((ab)(cd))((ef)(gh)))i'],
])('averageRows adds %i rows as %s', (S, tree) => {
  const P = 3;
  const gSum = Float64Array.from({ length: S * P }, (_, i) => (((i * 0.618) % 1) - 0.5) * 10 ** ((7 * i) % 9));
  const expected = [1, 2].map((i) => sumByTree(tree, (s) => gSum[s * P + i]) * (1 / 7));
  const g = new Float64Array(2);
  averageRows(new Float64Array(1), g, gSum.subarray(1), S, P, 2, Float64Array.of(1 / 7));
  expect([...g]).toEqual(expected);
});

test('averageRows adds the squares in four lanes, joined in pairs', () => {
  const g = Float64Array.from({ length: 11 }, (_, i) => 1 / (i + 3));
  const lane = (l: number) => g.filter((_, i) => i % 4 === l).reduce((sum, x) => sum + x * x, 0);
  const square = new Float64Array(1);
  averageRows(square, g, g, 1, 11, 11, Float64Array.of(1));
  expect(square[0]).toBe(lane(0) + lane(1) + (lane(2) + lane(3)));
});

test('scale multiplies the first n numbers', () => {
  const g = Float64Array.of(1, 2, 3);
  scale(g, 2, Float64Array.of(0.5));
  expect(g).toEqual(Float64Array.of(0.5, 1, 3));
});

/** The sum that a parenthesised word stands for: a letter is a row, two terms in a row are added. */
function sumByTree(tree: string, row: (s: number) => number): number {
  let position = 0;
  const term = (): number => {
    if (tree[position] !== '(') return row(tree.charCodeAt(position++) - 97);
    position++;
    const sum = pair();
    position++;
    return sum;
  };
  const pair = (): number => {
    const left = term();
    return position < tree.length && tree[position] !== ')' ? left + term() : left;
  };
  return pair();
}
