import { splat } from './lanes';

// Lane by lane, the ternaries of src/math. pmin and pmax are such ternaries in one instruction; min and max, which
// order -0 below 0 and propagate NaN from either side, take several.

/** x > limit ? limit : x. NaN stays NaN. */
@inline export function atMost(x: v128, limit: Real): v128 {
  return v128.pmin<Real>(x, splat<v128>(limit));
}

/** x < limit ? limit : x. NaN stays NaN. */
@inline export function atLeast(x: v128, limit: Real): v128 {
  return v128.pmax<Real>(x, splat<v128>(limit));
}

/** y with the sign of x. y must be >= 0 or NaN. */
@inline export function withSignOf(x: v128, y: v128): v128 {
  return v128.or(y, v128.and(x, splat<v128>(-0.0)));
}

/** -1, 0 or 1, as Math.sign: ±0 and NaN stay. */
@inline export function sign(x: v128): v128 {
  const isOther = v128.gt<Real>(v128.abs<Real>(x), splat<v128>(0));
  return v128.bitselect(withSignOf(x, splat<v128>(1)), x, isOther);
}
