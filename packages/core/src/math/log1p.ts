import { binaryExponent, scale } from './exponent.ts';
import { logSum } from './log.ts';

/**
 * ln(1 + x), exact near 0 too, within 0.9 ulp; -0 kept, -∞ at -1, NaN below.
 * With u = 1 + x as rounded, ln(1 + x) = ln u + (1 + x - u) / u but for terms that vanish.
 */
export function log1p(x: number): number {
  if (!(x > -1)) return x === -1 ? -Infinity : NaN;
  if (x === Infinity || x === 0) return x;
  if (x > -0.29 && x < 0.41) return logSum(x, 0, 0);
  const u = 1 + x;
  const k = binaryExponent(u);
  const lost = x > 1 ? 1 - (u - x) : x - (u - 1);
  return logSum(scale(u, -k) - 1, k, lost / u);
}
