import { binaryExponent, scale } from './exponent.ts';
import { logSum } from './log.ts';

const round = Math.fround; // makes each result that of an operation of floats

/**
 * ln(1 + x), exact near 0 too, within 0.87 ulp; -0 kept, -∞ at -1, NaN below.
 * With u = 1 + x as rounded, ln(1 + x) = ln u + (1 + x - u) / u but for terms that vanish.
 */
export function log1p(x: number): number {
  if (!(x > -1)) return x === -1 ? -Infinity : NaN;
  if (x === Infinity || x === 0) return x;
  if (x > LEAST && x < MOST) return logSum(x, 0, 0);
  const u = round(1 + x);
  const k = binaryExponent(u);
  const lost = x > 1 ? round(1 - round(u - x)) : round(x - round(u - 1));
  return logSum(round(scale(u, -k) - 1), k, round(lost / u));
}

// -0.29 and 0.41, rounded: between them k is 0.
const LEAST = -0.28999999165534973;
const MOST = 0.4099999964237213;
