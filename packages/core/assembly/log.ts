import { BIAS, FRACTION } from './exponent';
import { LN2_HI, LN2_LO } from './exp';
import { plus, splat, times } from './lanes';

/** The bits of 1 minus those of √½ (of doubles, only the high words). */
const ONE_OVER_SQRT_HALF: Bits = sizeof<Real>() == 8 ? 0x95f62_00000000 : 0x4afb0d;

/**
 * ln x for normal x > 0, or NaN, as in src/math/log.ts or src/math/float32/log.ts. That suffices for the sum of a
 * softmax, which is finite and at least 1.
 */
export function log(x: Real): Real {
  if (!(x > 0)) return NaN;
  const bits = reinterpret<Bits>(x);
  const exponent = <i32>((bits + ONE_OVER_SQRT_HALF) >> FRACTION) - BIAS;
  const f = reinterpret<Real>(bits - (<Bits>exponent << FRACTION)) - 1;
  const k = <Real>exponent;
  const s = f / (2 + f);
  const half = <Real>0.5 * f * f;
  return s * (half + logTail<Real>(s * s)) + k * LN2_LO - half + f + k * LN2_HI;
}

/** R(z) of ln(1 + f) = 2s + s · R(s²). */
@inline export function logTail<T>(z: T): T {
  const w = times(z, z);
  let even = splat<T>(L4);
  let odd = splat<T>(L3);
  if (sizeof<Real>() == 8) {
    even = plus(splat<T>(L6), times(w, splat<T>(L8)));
    even = plus(splat<T>(L4), times(w, even));
    odd = plus(splat<T>(L5), times(w, splat<T>(L7)));
    odd = plus(splat<T>(L3), times(w, odd));
  }
  even = plus(splat<T>(L2), times(w, even));
  odd = plus(splat<T>(L1), times(w, odd));
  return plus(times(z, odd), times(w, even));
}

const L1: Real = sizeof<Real>() == 8 ? 0.6666666666666666 : 0.6666666269302368;
const L2: Real = sizeof<Real>() == 8 ? 0.4000000000000628 : 0.4000033736228943;
const L3: Real = sizeof<Real>() == 8 ? 0.28571428569076174 : 0.2853724956512451;
const L4: Real = sizeof<Real>() == 8 ? 0.22222222648169096 : 0.23583346605300903;
const L5: Real = 0.18181775559472801;
const L6: Real = 0.15387095316123578;
const L7: Real = 0.13250015886180783;
const L8: Real = 0.13252260971032953;
