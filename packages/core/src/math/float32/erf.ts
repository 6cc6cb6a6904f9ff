import { exp } from './exp.ts';

const round = Math.fround; // rounds each result to a float

/**
 * erf x, within 1.4 ulp; odd, -0 kept.
 * |x| < ⅞: x + x · P(x²). Else: 1 - e^(-t · Q(t)) with t = |x|, where 1 - erf t is small enough to hide its errors.
 * P and Q are minimax fits, made by test/fixtures/math/fit.py; they err by less than 2⁻³² of erf.
 */
export function erf(x: number): number {
  const absolute = Math.abs(x);
  if (absolute < 0.875) return round(x + round(x * nearZero(round(x * x))));
  const t = absolute > 4 ? 4 : absolute; // erf 4 rounds to 1
  const y = round(1 - exp(-round(t * logarithm(t))));
  return x < 0 ? -y : y;
}

/** P(s) of erf x = x + x · P(x²). Even and odd powers are summed apart. */
function nearZero(s: number): number {
  const w = round(s * s);
  const even = round(P0 + round(w * round(P2 + round(w * round(P4 + round(w * P6))))));
  const odd = round(P1 + round(w * round(P3 + round(w * P5))));
  return round(even + round(s * odd));
}

/** Q(t) of 1 - erf t = e^(-t · Q(t)). */
function logarithm(t: number): number {
  const w = round(t * t);
  const evenHigh = round(Q4 + round(w * round(Q6 + round(w * Q8))));
  const even = round(Q0 + round(w * round(Q2 + round(w * evenHigh))));
  const oddHigh = round(Q3 + round(w * round(Q5 + round(w * Q7))));
  const odd = round(Q1 + round(w * oddHigh));
  return round(even + round(t * odd));
}

const P0 = 0.12837916612625122;
const P1 = -0.37612634897232056;
const P2 = 0.11283732950687408;
const P3 = -0.026861585676670074;
const P4 = 0.005206753499805927;
const P5 = -0.0008211189997382462;
const P6 = 8.67582275532186e-5;

const Q0 = 1.1284469366073608;
const Q1 = 0.636192262172699;
const Q2 = 0.1039482057094574;
const Q3 = -0.02096935734152794;
const Q4 = 0.0015782898990437388;
const Q5 = 0.0006212235311977565;
const Q6 = -0.0002488900499884039;
const Q7 = 3.933580592274666e-5;
const Q8 = -2.486704715920496e-6;

/** Coefficients of P and Q by rising powers, for generated code. */
export const erfPolynomials = { P: [P0, P1, P2, P3, P4, P5, P6], Q: [Q0, Q1, Q2, Q3, Q4, Q5, Q6, Q7, Q8] } as const;
