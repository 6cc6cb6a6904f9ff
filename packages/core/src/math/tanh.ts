import { expTail } from './exp.ts';
import { LN2_HI, LN2_LO, LOG2_E, powerOfTwo, ROUND } from './exponent.ts';

/**
 * tanh x = E / (E + 2) with E = e^{2|x|} - 1, within 1.5 ulp; odd, -0 kept.
 * Below ½ as |x| + (E - 2|x| - |x| · E) / (E + 2), where rounding E + 2 would cost more than the quotient may err.
 */
export function tanh(x: number): number {
  const absolute = Math.abs(x);
  const u = 2 * (absolute > 22 ? 22 : absolute); // tanh 22 rounds to 1
  const n = u * LOG2_E + ROUND - ROUND;
  const hi = u - n * LN2_HI;
  const lo = n * LN2_LO;
  const scale = powerOfTwo(n | 0);
  const head = scale * hi + (scale - 1);
  const tail = scale * (expTail(hi - lo) - lo);
  const E = head + tail;
  const small = absolute < 0.5;
  const numerator = small ? head - u + tail - absolute * E : E;
  const z = numerator / (E + 2) + (small ? absolute : 0);
  return x === 0 ? x : x < 0 ? -z : z;
}
