import { exp } from './exp.ts';

/**
 * erf x, within 1.4 ulp; odd, -0 kept.
 * |x| < ⅞: x + x · P(x²). Beyond: 1 - e^(-t · Q(t)) with t = |x|, where 1 - erf t is small enough to hide its errors.
 * P and Q are minimax fits, made by test/fixtures/math/fit-erf.py; they err by 2⁻⁵⁵ and 2⁻⁵⁶ of erf.
 */
export function erf(x: number): number {
  const absolute = Math.abs(x);
  if (absolute < 0.875) return x + x * nearZero(x * x);
  const t = absolute > 6 ? 6 : absolute; // erf 6 rounds to 1
  const y = 1 - exp(-(t * logarithm(t)));
  return x < 0 ? -y : y;
}

/** P(s) of erf x = x + x · P(x²). */
function nearZero(s: number): number {
  const high = P6 + s * (P7 + s * (P8 + s * (P9 + s * P10)));
  return P0 + s * (P1 + s * (P2 + s * (P3 + s * (P4 + s * (P5 + s * high)))));
}

/** Q(t) of 1 - erf t = e^(-t · Q(t)). */
function logarithm(t: number): number {
  const high = Q12 + t * (Q13 + t * (Q14 + t * (Q15 + t * (Q16 + t * Q17))));
  const middle = Q6 + t * (Q7 + t * (Q8 + t * (Q9 + t * (Q10 + t * (Q11 + t * high)))));
  return Q0 + t * (Q1 + t * (Q2 + t * (Q3 + t * (Q4 + t * (Q5 + t * middle)))));
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
