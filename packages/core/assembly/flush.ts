import { splat } from './lanes';

/** As in src/math/flush.ts: 2⁻⁹³⁰ for doubles, 2⁻¹⁰⁰ for floats. */
const TINY: Real = sizeof<Real>() == 8 ? 1.101803207925311e-280 : 7.888609052210118e-31;

/** x, or +0 if |x| < TINY. NaN stays NaN. */
@inline export function flush<T>(x: T): T {
  if (isVector<T>()) return v128.andnot(x, v128.lt<Real>(v128.abs<Real>(x), splat<v128>(TINY)));
  else return abs<Real>(x) < TINY ? 0 : x;
}
