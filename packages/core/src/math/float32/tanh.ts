import { powerOfTwo } from '../exponent.ts';
import { expTail } from './exp.ts';
import { LOG2_E, ROUND } from './exponent.ts';

const round = Math.fround; // rounds each result to a float

/**
 * tanh x = E / (E + 2) with E = e^{2|x|} - 1, within 1.5 ulp; odd, -0 kept.
 * |x| < ½: |x| + (E - 2|x| - |x| · E) / (E + 2), so that rounding E + 2 affects a small term only.
 */
export function tanh(x: number): number {
  const absolute = Math.abs(x);
  const u = 2 * (absolute > 10 ? 10 : absolute); // tanh 10 rounds to 1
  const n = round(round(round(u * LOG2_E) + ROUND) - ROUND);
  const r = round(u - round(n * LN2)); // one part of ln 2 suffices: where n is large, E / (E + 2) hardly moves with E
  const scale = powerOfTwo(n | 0);
  const head = round(round(scale * r) + round(scale - 1));
  const tail = round(scale * expTail(r));
  const E = round(head + tail);
  const base = absolute < 0.5 ? absolute : 0;
  const numerator = round(round(round(head - 2 * base) + tail) - round(base * E));
  const z = round(round(numerator / round(E + 2)) + base);
  return x === 0 ? x : x < 0 ? -z : z;
}

const LN2 = 0.6931471824645996;
