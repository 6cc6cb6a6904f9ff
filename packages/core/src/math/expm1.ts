import { exp, expTail } from './exp.ts';
import { LN2_HI, LN2_LO, LOG2_E, powerOfTwo, ROUND } from './exponent.ts';

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
