import { binaryExponent, LN2_HI, LN2_LO, scale } from './exponent.ts';

/**
 * ln x, within 0.9 ulp; -∞ at ±0, ∞ at ∞, NaN below 0.
 * x = 2ᵏ · (1 + f) with √½ ≤ 1 + f < √2, and ln x = k · ln 2 + ln(1 + f).
 */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  const k = binaryExponent(x);
  return logSum(scale(x, -k) - 1, k, 0);
}

/**
 * k · ln 2 + ln(1 + f) + c for √½ ≤ 1 + f < √2 and a small c. With s = f / (2 + f), ln(1 + f) = f - f²/2 + s · (f²/2 +
 * R(s²)).
 */
export function logSum(f: number, k: number, c: number): number {
  const s = f / (2 + f);
  const half = 0.5 * f * f;
  return s * (half + logTail(s * s)) + (k * LN2_LO + c) - half + f + k * LN2_HI;
}

/** R(z) of ln(1 + f) = 2s + s · R(s²): a minimax fit by test/fixtures/math/fit.py, which errs by 2⁻⁶⁶ of ln(1 + f). */
export function logTail(z: number): number {
  const w = z * z;
  const even = w * (L2 + w * (L4 + w * (L6 + w * L8)));
  const odd = z * (L1 + w * (L3 + w * (L5 + w * L7)));
  return odd + even;
}

const L1 = 0.6666666666666666;
const L2 = 0.4000000000000628;
const L3 = 0.28571428569076174;
const L4 = 0.22222222648169096;
const L5 = 0.18181775559472801;
const L6 = 0.15387095316123578;
const L7 = 0.13250015886180783;
const L8 = 0.13252260971032953;

/** Coefficients of R by rising powers, for generated code. */
export const logPolynomial = [L1, L2, L3, L4, L5, L6, L7, L8] as const;

/**
 * ln(1 + x), also accurate near 0, within 0.9 ulp; -0 kept, -∞ at -1, NaN below.
 * With u = 1 + x rounded, ln(1 + x) = ln u + (1 + x - u) / u, up to terms that vanish.
 */
export function log1p(x: number): number {
  if (!(x > -1)) return x === -1 ? -Infinity : NaN;
  if (x === Infinity || x === 0) return x;
  if (x > -0.29 && x < 0.41) return logSum(x, 0, 0);
  const u = 1 + x;
  const k = binaryExponent(u);
  const error = x > 1 ? 1 - (u - x) : x - (u - 1);
  return logSum(scale(u, -k) - 1, k, error / u);
}
