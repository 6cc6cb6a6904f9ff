import { exp } from './exp.ts';

/**
 * erf x, within 1.6 ulp; odd, -0 kept.
 * |x| < ⅞: x + x · P(x²). Else: 1 - e^(-t · Q(t)) with t = |x|, where 1 - erf t is small enough to hide its errors.
 * P and Q are minimax fits, made by test/fixtures/math/fit.py; they err by less than 2⁻⁵⁵ of erf.
 */
export function erf(x: number): number {
  const absolute = Math.abs(x);
  if (absolute < 0.875) return x + x * nearZero(x * x);
  const t = absolute > 6 ? 6 : absolute; // erf 6 rounds to 1
  const y = 1 - exp(-(t * logarithm(t)));
  return x < 0 ? -y : y;
}

/** P(s) of erf x = x + x · P(x²). Even and odd powers are summed apart: two short chains of operations are faster. */
function nearZero(s: number): number {
  const w = s * s;
  const even = P0 + w * (P2 + w * (P4 + w * (P6 + w * (P8 + w * P10))));
  const odd = P1 + w * (P3 + w * (P5 + w * (P7 + w * P9)));
  return even + s * odd;
}

/** Q(t) of 1 - erf t = e^(-t · Q(t)). */
function logarithm(t: number): number {
  const w = t * t;
  const evenHigh = Q8 + w * (Q10 + w * (Q12 + w * (Q14 + w * Q16)));
  const oddHigh = Q9 + w * (Q11 + w * (Q13 + w * (Q15 + w * Q17)));
  const even = Q0 + w * (Q2 + w * (Q4 + w * (Q6 + w * evenHigh)));
  const odd = Q1 + w * (Q3 + w * (Q5 + w * (Q7 + w * oddHigh)));
  return even + t * odd;
}

const P0 = 0.12837916709551256;
const P1 = -0.3761263890318299;
const P2 = 0.11283791670915569;
const P3 = -0.026866170637141595;
const P4 = 0.005223977542429233;
const P5 = -0.0008548321976882209;
const P6 = 0.00012055141065920817;
const P7 = -1.4920941798414413e-5;
const P8 = 1.6387372410349778e-6;
const P9 = -1.5619244979934498e-7;
const P10 = 1.0456757375331447e-8;

const Q0 = 1.1283791682563429;
const Q1 = 0.6366197141117427;
const Q2 = 0.1027731715543155;
const Q3 = -0.019131251772724997;
const Q4 = -0.0002004064854368904;
const Q5 = 0.0016768625529351743;
const Q6 = -0.0005585055430845894;
const Q7 = -1.3799386766077142e-5;
const Q8 = 0.00010346302838717866;
const Q9 = -5.99469776004406e-5;
const Q10 = 2.1860047442493426e-5;
const Q11 = -5.841389195295088e-6;
const Q12 = 1.1848287941902014e-6;
const Q13 = -1.819292889215384e-7;
const Q14 = 2.0581076746495158e-8;
const Q15 = -1.6213538636659464e-9;
const Q16 = 7.948840607425984e-11;
const Q17 = -1.825802793807206e-12;

/** Coefficients of P and Q by rising powers, for generated programs (ONNX, C) that compute erf. */
export const erfPolynomials = {
  P: [P0, P1, P2, P3, P4, P5, P6, P7, P8, P9, P10],
  Q: [Q0, Q1, Q2, Q3, Q4, Q5, Q6, Q7, Q8, Q9, Q10, Q11, Q12, Q13, Q14, Q15, Q16, Q17],
} as const;
