const LN2_HI: f64 = 0.6931471803691238;
const LN2_LO: f64 = 1.9082149292705877e-10;
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
  return s * (half + logTail(s * s)) + k * LN2_LO - half + f + k * LN2_HI;
}

@inline function logTail(z: f64): f64 {
  const w = z * z;
  const even = w * (L2 + w * (L4 + w * (L6 + w * L8)));
  const odd = z * (L1 + w * (L3 + w * (L5 + w * L7)));
  return odd + even;
}

const L1: f64 = 0.6666666666666666;
const L2: f64 = 0.4000000000000628;
const L3: f64 = 0.28571428569076174;
const L4: f64 = 0.22222222648169096;
const L5: f64 = 0.18181775559472801;
const L6: f64 = 0.15387095316123578;
const L7: f64 = 0.13250015886180783;
const L8: f64 = 0.13252260971032953;
