import { powerOfTwo } from '../exponent.ts';

/** 1.5 · 2²³: adding and then subtracting it rounds a number below 2²² to the nearest integer, ties to even. */
export const ROUND = 12582912;

export const LOG2_E = 1.4426950216293335;

/** ln 2 in two parts. The first ends in 9 zero bits, so that n · LN2_HI is exact for |n| < 2⁹. */
export const LN2_HI = 0.693145751953125;
export const LN2_LO = 1.428606765330187e-6;

/** x · 2ⁿ for integers |n| ≤ 252, in two factors. Only the second can round, and only if the result is subnormal. */
export function scale(x: number, n: number): number {
  const half = n >> 1;
  return round(round(x * powerOfTwo(half)) * powerOfTwo(n - half));
}

/** The integer k that brings x · 2⁻ᵏ into [√½, √2), with √½ and √2 rounded, for 0 < x < ∞. */
export function binaryExponent(x: number): number {
  if (x < 1.1754943508222875e-38) return binaryExponent(x * 33554432) - 25; // 2²⁵
  bits.setFloat32(0, x);
  // The sum carries into the exponent from √½ on.
  return ((bits.getInt32(0) + ONE_MINUS_SQRT_HALF) >> 23) - 127;
}

const round = Math.fround; // rounds each result to a float

const bits = new DataView(new ArrayBuffer(4));
const ONE_MINUS_SQRT_HALF = 0x3f800000 - 0x3f3504f3; // bits of 1 and √½
