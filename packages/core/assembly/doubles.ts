import { LANES } from './lanes';

// Sums of squares are doubles for every element type. Numbers are widened first, so a square of floats is exact.

/** The first two numbers of a vector, as doubles. */
@inline export function firstTwo(x: v128): v128 {
  return LANES == 4 ? f64x2.promote_low_f32x4(x) : x;
}

/** The last two numbers of a vector, as doubles. */
@inline export function lastTwo(x: v128): v128 {
  return LANES == 4 ? f64x2.promote_low_f32x4(v128.shuffle<f64>(x, x, 1, 1)) : x;
}

/** sums + x². */
@inline export function plusSquares(sums: v128, x: v128): v128 {
  return f64x2.add(sums, f64x2.mul(x, x));
}

/** x². */
@inline export function square(x: Real): f64 {
  return <f64>x * <f64>x;
}

/** Loads two numbers as doubles. */
@inline export function loadTwo(p: usize): v128 {
  return LANES == 4 ? f64x2.promote_low_f32x4(v128.load_zero<f64>(p)) : load<v128>(p);
}
