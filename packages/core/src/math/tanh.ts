import { expTail } from './exp.ts';
import { LOG2_E, powerOfTwo, ROUND } from './exponent.ts';

/**
 * tanh x = E / (E + 2) with E = e^{2|x|} - 1, within 1.8 ulp; odd, -0 kept.
 * |x| < ½: |x| + (E - 2|x| - |x| · E) / (E + 2), so that rounding E + 2 affects a small term only.
 */
export function tanh(x: number): number {
  const absolute = Math.abs(x);
  const u = 2 * (absolute > 22 ? 22 : absolute); // tanh 22 rounds to 1
  const n = u * LOG2_E + ROUND - ROUND;
  const r = u - n * LN2; // one part of ln 2 suffices: where n is large, E / (E + 2) hardly moves with E
  const scale = powerOfTwo(n | 0);
  const head = scale * r + (scale - 1);
  const tail = scale * expTail(r);
  const E = head + tail;
  const base = absolute < 0.5 ? absolute : 0;
  const z = (head - 2 * base + tail - base * E) / (E + 2) + base;
  return x === 0 ? x : x < 0 ? -z : z;
}

const LN2 = 0.6931471805599453;
