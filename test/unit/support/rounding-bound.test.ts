import { expect, test } from 'vitest';
import { arithmetics } from '../../support/arithmetic.ts';
import { roundingBound } from '../../support/rounding-bound.ts';

const UNIT = 2 ** -24;

test('of a sum and of a product it is that of the textbook', () => {
  const [a, b, c] = [3, -2.75, 0.5];
  const bound = roundingBound((A) => () => Float64Array.of(A.add(A.add(a, b), c), A.mul(A.mul(a, b), c), a));
  expect(bound[0] / (UNIT * (Math.abs(a + b) + Math.abs(a + b + c)))).toBeCloseTo(1, 7);
  expect(bound[1] / (UNIT * 2 * Math.abs(a * b * c))).toBeCloseTo(1, 6);
  expect(bound[2]).toBe(0);
});

test('floats stay within it where all roundings go one way, and come near it', () => {
  // Each sum rounds down by nearly half of a unit in the last place of 1 to 2, which is a share of 2^-24 of it at 1.
  const small = 2 ** -24 * (1 - 2 ** -20);
  const sum = (A: (typeof arithmetics)['float64']) => () => {
    let total = 1;
    for (let n = 0; n < 50; n++) total = A.add(total, small);
    return Float64Array.of(total);
  };
  const [bound] = roundingBound(sum);
  const [exact, floats] = [sum(arithmetics.float64)()[0], sum(arithmetics.float32)()[0]];
  expect(Math.abs(floats - exact)).toBeLessThanOrEqual(bound);
  expect(Math.abs(floats - exact)).toBeGreaterThan(0.99 * bound);
});
