import { LN2_HI, LN2_LO, LOG2_E, powerOfTwo, ROUND, scale } from './exponent.ts';

/**
 * eˣ, within 0.95 ulp; 0 below -745.13, ∞ above 709.78. Subnormal results are rounded twice (1.45 ulp).
 * x = n · ln 2 + r with |r| ≤ ln 2 / 2, and eˣ = 2ⁿ · eʳ.
 */
export function exp(x: number): number {
  const clamped = x > 1000 ? 1000 : x < -1000 ? -1000 : x; // 2ⁿ in two factors stays normal
  const n = clamped * LOG2_E + ROUND - ROUND;
  const hi = clamped - n * LN2_HI;
  const lo = n * LN2_LO;
  const y = 1 - (lo - expTail(hi - lo) - hi);
  return scale(y, n | 0);
}

/**
 * eʳ - 1 - r for |r| ≤ ln 2 / 2, as r · c / (2 - c) with c = r - r² · P(r²): the rational form of
 * [fdlibm, e_exp.c](https://www.netlib.org/fdlibm/e_exp.c), which errs by less than 2⁻⁵⁹.
 */
export function expTail(r: number): number {
  const rr = r * r;
  const c = r - rr * (P1 + rr * (P2 + rr * (P3 + rr * (P4 + rr * P5))));
  return (r * c) / (2 - c);
}

const P1 = 0.16666666666666602;
const P2 = -0.0027777777777015593;
const P3 = 6.613756321437934e-5;
const P4 = -1.6533902205465252e-6;
const P5 = 4.1381367970572385e-8;

/** Coefficients of P by rising powers, for generated code. */
export const expPolynomial = [P1, P2, P3, P4, P5] as const;

/** eˣ - 1, within 1.25 ulp; -0 kept. x = n · ln 2 + r, and eˣ - 1 = (2ⁿ - 1) + 2ⁿ · (eʳ - 1). */
export function expm1(x: number): number {
  if (x > 40) return exp(x);
  if (x < -40) return -1;
  if (x === 0) return x;
  const n = x * LOG2_E + ROUND - ROUND;
  const hi = x - n * LN2_HI;
  const lo = n * LN2_LO;
  const scale = powerOfTwo(n | 0);
  return scale * hi + (scale - 1) + scale * (expTail(hi - lo) - lo);
}

/** 1 / (1 + e⁻ᶻ), within 2.5 ulp; 0 below -709.78, where e⁻ᶻ overflows. */
export const sigmoid = (z: number): number => 1 / (1 + exp(-z));
