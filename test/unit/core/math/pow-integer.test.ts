import { expect, test } from 'vitest';
import { pow, powInteger } from '../../../../packages/core/src/math/pow.ts';

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

test.each([2, 3, 7, 64, 100, 999, -5, -999])('a power of %i errs by less than its exponent in ulp', (n) => {
  for (let x = 0.51; x < 1.95; x += 0.00917) {
    // pow errs by 20 ulp at most, 2⁻⁵² being the largest ulp of 1.
    expect(Math.abs(powInteger(x, n) / pow(x, n) - 1)).toBeLessThan((Math.abs(n) + 20) * 2 ** -52);
  }
});
