import { splat } from './lanes';

// The ternaries of src/math, in each lane. pmin and pmax are such ternaries, an instruction each; min and max, which
// order -0 and 0 and pass NaN on from either side, take several.

/** x > limit ? limit : x. NaN stays NaN. */
@inline export function atMost(x: v128, limit: Real): v128 {
  return v128.pmin<Real>(x, splat<v128>(limit));
}

/** x < limit ? limit : x. NaN stays NaN. */
@inline export function atLeast(x: v128, limit: Real): v128 {
  return v128.pmax<Real>(x, splat<v128>(limit));
}

/** y, which is 0 or above or NaN, with the sign of x. */
@inline export function withSignOf(x: v128, y: v128): v128 {
  return v128.or(y, v128.and(x, splat<v128>(-0.0)));
}
