import { binaryExponent, LN2_HI, LN2_LO, scale } from './exponent.ts';

const round = Math.fround; // rounds each result to a float

/**
 * ln x, within 0.85 ulp; -∞ at ±0, ∞ at ∞, NaN below 0.
 * x = 2ᵏ · (1 + f) with √½ ≤ 1 + f < √2, and ln x = k · ln 2 + ln(1 + f).
 */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  const k = binaryExponent(x);
  return logSum(round(scale(x, -k) - 1), k, 0);
}

/**
 * k · ln 2 + ln(1 + f) + c for √½ ≤ 1 + f < √2 and a small c. With s = f / (2 + f), ln(1 + f) = f - f²/2 + s · (f²/2 +
 * R(s²)).
 */
export function logSum(f: number, k: number, c: number): number {
  const s = round(f / round(2 + f));
  const half = round(round(0.5 * f) * f);
  const head = round(s * round(half + logTail(round(s * s))));
  const low = round(round(k * LN2_LO) + c);
  return round(round(round(round(head + low) - half) + f) + round(k * LN2_HI));
}

/** R(z) of ln(1 + f) = 2s + s · R(s²): a minimax fit by test/fixtures/math/fit.py, which errs by 2⁻³⁷ of ln(1 + f). */
function logTail(z: number): number {
  const w = round(z * z);
  const even = round(w * round(L2 + round(w * L4)));
  const odd = round(z * round(L1 + round(w * L3)));
  return round(odd + even);
}

const L1 = 0.6666666269302368;
const L2 = 0.4000033736228943;
const L3 = 0.2853724956512451;
const L4 = 0.23583346605300903;

/** Coefficients of R by rising powers, for generated code. */
export const logPolynomial = [L1, L2, L3, L4] as const;

/**
 * ln(1 + x), also accurate near 0, within 0.87 ulp; -0 kept, -∞ at -1, NaN below.
 * With u = 1 + x rounded, ln(1 + x) = ln u + (1 + x - u) / u, up to terms that vanish.
 */
export function log1p(x: number): number {
  if (!(x > -1)) return x === -1 ? -Infinity : NaN;
  if (x === Infinity || x === 0) return x;
  if (x > MIN_NEAR_0 && x < MAX_NEAR_0) return logSum(x, 0, 0);
  const u = round(1 + x);
  const k = binaryExponent(u);
  const error = x > 1 ? round(1 - round(u - x)) : round(x - round(u - 1));
  return logSum(round(scale(u, -k) - 1), k, round(error / u));
}

// -0.29 and 0.41, rounded: k is 0 between them.
const MIN_NEAR_0 = -0.28999999165534973;
const MAX_NEAR_0 = 0.4099999964237213;
