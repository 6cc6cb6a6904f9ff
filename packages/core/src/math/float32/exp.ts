import { powerOfTwo } from '../exponent.ts';
import { LN2_HI, LN2_LO, LOG2_E, ROUND, scale } from './exponent.ts';

const round = Math.fround; // rounds each result to a float

/**
 * eˣ, within 0.92 ulp; 0 below -103.97, ∞ above 88.72. Subnormal results are rounded twice (0.75 ulp).
 * x = n · ln 2 + r with |r| ≤ ln 2 / 2, and eˣ = 2ⁿ · eʳ.
 */
export function exp(x: number): number {
  const clamped = x > 100 ? 100 : x < -110 ? -110 : x; // 2ⁿ in two factors stays normal
  const n = round(round(round(clamped * LOG2_E) + ROUND) - ROUND);
  const hi = round(clamped - round(n * LN2_HI));
  const lo = round(n * LN2_LO);
  const y = round(1 - round(round(lo - expTail(round(hi - lo))) - hi));
  return scale(y, n | 0);
}

/**
 * eʳ - 1 - r for |r| ≤ ln 2 / 2, as r · c / (2 - c) with c = r - r² · P(r²). P is a minimax fit, made by
 * test/fixtures/math/fit.py; it errs by 2⁻³⁰ of eʳ.
 */
export function expTail(r: number): number {
  const rr = round(r * r);
  const c = round(r - round(rr * round(P1 + round(rr * P2))));
  return round(round(r * c) / round(2 - c));
}

const P1 = 0.1666661649942398;
const P2 = -0.002765888348221779;

/** Coefficients of P by rising powers, for generated code. */
export const expPolynomial = [P1, P2] as const;

/** eˣ - 1, within 1.26 ulp; -0 kept. x = n · ln 2 + r, and eˣ - 1 = (2ⁿ - 1) + 2ⁿ · (eʳ - 1). */
export function expm1(x: number): number {
  if (x > 20) return exp(x);
  if (x < -20) return -1;
  if (x === 0) return x;
  const n = round(round(round(x * LOG2_E) + ROUND) - ROUND);
  const hi = round(x - round(n * LN2_HI));
  const lo = round(n * LN2_LO);
  const scale = powerOfTwo(n | 0);
  const head = round(round(scale * hi) + round(scale - 1));
  return round(head + round(scale * round(expTail(round(hi - lo)) - lo)));
}

/**
 * 1 / (1 + e⁻ᶻ), within 1.81 ulp; 0 below -103.97.
 * With e = e^-|z| and r = e / (1 + e) it is 1 - r, or e - e · r where z < 0: no power overflows.
 */
export function sigmoid(z: number): number {
  const e = exp(-Math.abs(z));
  const r = round(e / round(1 + e));
  const scale = z < 0 ? e : 1;
  return round(scale - round(scale * r));
}
