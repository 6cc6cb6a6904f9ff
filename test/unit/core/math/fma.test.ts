import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fma } from '../../../../packages/core/src/math/fma.ts';
import { propertySeed } from '../../../support/seed.ts';

const EPSILON = 2 ** -52;
const TINIEST = 5e-324;

// Each is exact by hand: what two roundings would give stands behind it.
test.each([
  [1 + EPSILON, 1 - EPSILON, -1, -EPSILON * EPSILON], // 0
  [2 ** 27 + 1, 2 ** 27 + 1, -(2 ** 54), 2 ** 28 + 1], // 2²⁸
  [0.1, 10, -1, 2 ** -54], // 0: 0.1 is 2⁻⁵⁴ / 10 too large
  [1e200, 1e200, -Infinity, -Infinity],
  [Number.MAX_VALUE, 2, -Number.MAX_VALUE, Number.MAX_VALUE], // Infinity
  [2 ** 600, 2 ** 600, -1, Infinity],
  [TINIEST, 0.5, TINIEST, 2 * TINIEST], // TINIEST; a tie goes to the even one
  [TINIEST, 0.5, 0, 0],
  [-TINIEST, 0.5, 0, -0],
  [-TINIEST, 0.25, TINIEST, TINIEST],
  [2 ** -1000, 2 ** -1000, 1, 1],
  [2 ** -500, 2 ** -500, -1, -1],
  [2 ** -500, 2 ** -500, -(1 + EPSILON) / 2, -(1 + EPSILON) / 2],
  [1, 2 ** 52 + 1, 0.5, 2 ** 52 + 2], // a tie goes to the even one
  [1, 2 ** 52, 0.5, 2 ** 52],
  [3, 5, -15, 0],
  [-3, 5, 15, 0],
  [0, 5, -0, 0],
  [-0, 5, -0, -0],
])('fma(%d, %d, %d) is %d', (x, y, z, wanted) => {
  expect(fma(x, y, z)).toBe(wanted);
});

test.each([
  [Infinity, 0, 1],
  [Infinity, 1, -Infinity],
  [Number.NaN, 0, 1],
  [1, 1, Number.NaN],
])('fma(%d, %d, %d) is NaN', (x, y, z) => {
  expect(fma(x, y, z)).toBeNaN();
});

test('where product and sum are exact, fma is both', () => {
  const integer = fc.integer({ min: -(2 ** 25), max: 2 ** 25 });
  const check = fc.property(integer, integer, integer, (x, y, z) => {
    expect(fma(x, y, z)).toBe(x * y + z + 0);
  });
  fc.assert(check, { seed: propertySeed, numRuns: 2000 });
});

test('with 1 for a factor it is an addition, with 0 for a summand a multiplication', () => {
  const check = fc.property(fc.double(), fc.double(), (x, z) => {
    expect(fma(x, 1, z)).toBe(x + z);
    if (x !== 0 && z !== 0) expect(fma(x, z, 0)).toBe(x * z);
  });
  fc.assert(check, { seed: propertySeed, numRuns: 2000 });
});
