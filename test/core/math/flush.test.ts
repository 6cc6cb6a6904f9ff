import { expect, test } from 'vitest';
import { flush, TINY } from '../../../packages/core/src/math/flush.ts';

test('magnitudes below 2⁻⁹³⁰ become 0, others stay', () => {
  expect(TINY).toBe(2 ** -930);
  const below = TINY * (1 - 2 ** -53);
  for (const x of [0, -0, 5e-324, -5e-324, 1e-300, below, -below]) expect(flush(x)).toBe(0);
  for (const x of [TINY, -TINY, 1, -1e300, Infinity, -Infinity, Number.NaN]) expect(flush(x)).toBe(x);
});

test('what stays is normal after any factor from 2⁻⁹² on', () => {
  expect(TINY * 2 ** -92).toBe(2 ** -1022);
});
