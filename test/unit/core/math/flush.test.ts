import { expect, test } from 'vitest';
import { FLUSH_BELOW, flush, TINY } from '../../../../packages/core/src/math/flush.ts';
import { mathOf } from '../../../../packages/core/src/math/real-math.ts';

test('magnitudes below 2⁻⁹³⁰ become 0, others stay', () => {
  expect(TINY).toBe(2 ** -930);
  const below = TINY * (1 - 2 ** -53);
  for (const x of [0, -0, 5e-324, -5e-324, 1e-300, below, -below]) expect(flush(x)).toBe(0);
  for (const x of [TINY, -TINY, 1, -1e300, Infinity, -Infinity, Number.NaN]) expect(flush(x)).toBe(x);
});

test('what stays is normal after any factor from 2⁻⁹² on', () => {
  expect(TINY * 2 ** -92).toBe(2 ** -1022);
});

test('of floats, magnitudes below 2⁻¹⁰⁰ become 0, and what stays is normal after any factor from 2⁻²⁶ on', () => {
  const tiny = FLUSH_BELOW.float32;
  expect(tiny).toBe(2 ** -100);
  expect(tiny * 2 ** -26).toBe(2 ** -126);
  const below = tiny * (1 - 2 ** -24);
  const { flush: flush32 } = mathOf('float32');
  for (const x of [0, -0, 1e-45, -1e-45, below, -below]) expect(flush32(x)).toBe(0);
  for (const x of [tiny, -tiny, 1, -1e30, Infinity, -Infinity, Number.NaN]) expect(flush32(x)).toBe(x);
});
