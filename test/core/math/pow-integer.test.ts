import { expect, test } from 'vitest';
import { powInteger } from '../../../packages/core/src/math/pow-integer.ts';

test.each([
  [3, 0, 1],
  [Number.NaN, 0, 1],
  [3, 1, 3],
  [3, 33, 5559060566555523],
  [-2, 31, -2147483648],
  [10, 22, 1e22],
  [2, 1023, 2 ** 1023],
  [2, -1022, 2 ** -1022],
  [0, -1, Infinity],
  [-0, -3, -Infinity],
])('%d to the power of %d is %d, exactly', (x, n, power) => {
  expect(powInteger(x, n)).toBe(power);
});
