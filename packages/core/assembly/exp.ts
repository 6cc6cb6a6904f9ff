import { atLeast, atMost } from './choose';
import { BIAS, FRACTION } from './exponent';
import { minus, over, plus, splat, times } from './lanes';

export const LOG2_E: Real = 1.4426950408889634;
export const LN2_HI: Real = sizeof<Real>() == 8 ? 0.6931471803691238 : 0.693145751953125;
export const LN2_LO: Real = sizeof<Real>() == 8 ? 1.9082149292705877e-10 : 1.428606765330187e-6;

/**
 * 1.5 · 2⁵² + 2046, or 1.5 · 2²³ + 254 for floats; the offset is twice the exponent bias. Adding it rounds as without
 * the offset (ties too, since the offset is even), and leaves n + 2 · BIAS in the low bits of the sum, from which
 * powers of two take their exponent fields.
 */
export const ROUND: Real = sizeof<Real>() == 8 ? 6755399441057790 : 12583166;

const MOST: Real = sizeof<Real>() == 8 ? 1000 : 100;
const LEAST: Real = sizeof<Real>() == 8 ? -1000 : -110;

/** eˣ, as in src/math/exp.ts or src/math/float32/exp.ts. */
@inline export function exp(x: v128): v128 {
  const clamped = atLeast(atMost(x, MOST), LEAST);
  const rounded = plus(times(clamped, splat<v128>(LOG2_E)), splat<v128>(ROUND));
  const y = expReduced(clamped, minus(rounded, splat<v128>(ROUND)));
  // n + 2 · BIAS = (⌊n/2⌋ + BIAS) + (n - ⌊n/2⌋ + BIAS): two factors, both normal.
  const half = v128.shr<Bits>(rounded, 1);
  const rest = v128.sub<Bits>(rounded, half);
  return times(times(y, v128.shl<Bits>(half, FRACTION)), v128.shl<Bits>(rest, FRACTION));
}

/** e^(x - n · ln 2). */
@inline export function expReduced(x: v128, n: v128): v128 {
  const hi = minus(x, times(n, splat<v128>(LN2_HI)));
  const lo = times(n, splat<v128>(LN2_LO));
  return minus(splat<v128>(1), minus(minus(lo, expTail(minus(hi, lo))), hi));
}

/** 2ⁿ for |n| < BIAS, where `rounded` = n + ROUND. */
@inline export function powerOfTwo(rounded: v128): v128 {
  return v128.shl<Bits>(v128.sub<Bits>(rounded, v128.splat<Bits>(BIAS)), FRACTION);
}

/** eʳ - 1 - r for |r| ≤ ln 2 / 2. */
@inline export function expTail(r: v128): v128 {
  const rr = times(r, r);
  let p = splat<v128>(P2);
  if (sizeof<Real>() == 8) {
    p = plus(splat<v128>(P4), times(rr, splat<v128>(P5)));
    p = plus(splat<v128>(P3), times(rr, p));
    p = plus(splat<v128>(P2), times(rr, p));
  }
  p = plus(splat<v128>(P1), times(rr, p));
  const c = minus(r, times(rr, p));
  return over(times(r, c), minus(splat<v128>(2), c));
}

const P1: Real = sizeof<Real>() == 8 ? 0.16666666666666602 : 0.1666661649942398;
const P2: Real = sizeof<Real>() == 8 ? -0.0027777777777015593 : -0.002765888348221779;
const P3: Real = 6.613756321437934e-5;
const P4: Real = -1.6533902205465252e-6;
const P5: Real = 4.1381367970572385e-8;
