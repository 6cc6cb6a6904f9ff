import { powerOfTwo } from '../exponent.ts';
import { exp, expTail } from './exp.ts';
import { LN2_HI, LN2_LO, LOG2_E, ROUND } from './exponent.ts';

const round = Math.fround; // makes each result that of an operation of floats

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
