import { LN2_HI, LN2_LO } from './exp';
import { plus, splat, times } from './lanes';

const ONE_OVER_SQRT_HALF: i64 = 0x95f62_00000000; // high words of 1 less √½

/** ln x, as src/math/log.ts, for normal x above 0, and NaN: the sums of a softmax are finite and 1 at least. */
export function log(x: f64): f64 {
  if (!(x > 0)) return NaN;
  const bits = reinterpret<i64>(x);
  const exponent = ((bits + ONE_OVER_SQRT_HALF) >> 52) - 1023;
  const f = reinterpret<f64>(bits - (exponent << 52)) - 1;
  const k = <f64>exponent;
  const s = f / (2 + f);
  const half = 0.5 * f * f;
  return s * (half + logTail<f64>(s * s)) + k * LN2_LO - half + f + k * LN2_HI;
}

/** R(z) of ln(1 + f) = 2s + s · R(s²). */
@inline export function logTail<T>(z: T): T {
  const w = times(z, z);
  let even = plus(splat<T>(L6), times(w, splat<T>(L8)));
  even = plus(splat<T>(L4), times(w, even));
  even = plus(splat<T>(L2), times(w, even));
  let odd = plus(splat<T>(L5), times(w, splat<T>(L7)));
  odd = plus(splat<T>(L3), times(w, odd));
  odd = plus(splat<T>(L1), times(w, odd));
  return plus(times(z, odd), times(w, even));
}

const L1: f64 = 0.6666666666666666;
const L2: f64 = 0.4000000000000628;
const L3: f64 = 0.28571428569076174;
const L4: f64 = 0.22222222648169096;
const L5: f64 = 0.18181775559472801;
const L6: f64 = 0.15387095316123578;
const L7: f64 = 0.13250015886180783;
const L8: f64 = 0.13252260971032953;
