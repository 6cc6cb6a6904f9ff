/** 1.5 · 2⁵²: adding and then subtracting it rounds a number below 2⁵¹ to the nearest integer, ties to even. */
export const ROUND = 6755399441055744;

export const LOG2_E = 1.4426950408889634;

/** ln 2 in two parts. The first ends in 21 zero bits, so that n · LN2_HI is exact for |n| < 2²¹. */
export const LN2_HI = 0.6931471803691238;
export const LN2_LO = 1.9082149292705877e-10;

/** 2ⁿ, exact, for integers |n| ≤ 1022. */
export const powerOfTwo = (n: number): number => POWERS[n + 1022];

/** x · 2ⁿ for integers |n| ≤ 2044, in two factors. Only the second can round, and only if the result is subnormal. */
export function scale(x: number, n: number): number {
  const half = n >> 1;
  return x * powerOfTwo(half) * powerOfTwo(n - half);
}

/** The integer k that brings x · 2⁻ᵏ into [√½, √2), within 2⁻²⁰ of these bounds, for 0 < x < ∞. */
export function binaryExponent(x: number): number {
  if (x < 2.2250738585072014e-308) return binaryExponent(x * 18014398509481984) - 54; // 2⁵⁴
  bits.setFloat64(0, x);
  // The sum carries into the exponent from √½ on.
  return ((bits.getInt32(0) + ONE_MINUS_SQRT_HALF) >> 20) - 1023;
}

const bits = new DataView(new ArrayBuffer(8));
const ONE_MINUS_SQRT_HALF = 0x3ff00000 - 0x3fe6a09e; // high words of 1 and √½

const POWERS = new Float64Array(2045);
POWERS[1022] = 1;
for (let n = 1; n <= 1022; n++) {
  POWERS[1022 + n] = POWERS[1022 + n - 1] * 2;
  POWERS[1022 - n] = POWERS[1022 - n + 1] * 0.5;
}
