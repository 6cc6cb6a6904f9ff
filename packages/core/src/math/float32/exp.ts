import { LN2_HI, LN2_LO, LOG2_E, ROUND, scale } from './exponent.ts';

const round = Math.fround; // makes each result that of an operation of floats

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
