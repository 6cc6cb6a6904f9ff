// The ternaries of src/math, in each of two lanes. pmin and pmax are such ternaries, an instruction each; min and max,
// which order -0 and 0 and pass NaN on from either side, take several.

/** x > limit ? limit : x. NaN stays NaN. */
@inline export function atMost(x: v128, limit: f64): v128 {
  return f64x2.pmin(x, f64x2.splat(limit));
}

/** x < limit ? limit : x. NaN stays NaN. */
@inline export function atLeast(x: v128, limit: f64): v128 {
  return f64x2.pmax(x, f64x2.splat(limit));
}

/** y, which is 0 or above or NaN, with the sign of x. */
@inline export function withSignOf(x: v128, y: v128): v128 {
  return v128.or(y, v128.and(x, i64x2.splat(i64.MIN_VALUE)));
}
