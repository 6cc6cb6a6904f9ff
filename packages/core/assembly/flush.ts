import { splat } from './lanes';

/** 2⁻⁹³⁰, as in src/math/flush.ts. */
const TINY: f64 = 1.101803207925311e-280;

/** x, or +0 where |x| < 2⁻⁹³⁰. NaN stays NaN. */
@inline export function flush<T>(x: T): T {
  if (isVector<T>()) return v128.andnot(x, f64x2.lt(f64x2.abs(x), splat<v128>(TINY)));
  else return abs<f64>(x) < TINY ? 0 : x;
}
