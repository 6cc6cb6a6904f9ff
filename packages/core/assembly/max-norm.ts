import { loadTwo, plusSquares, square } from './doubles';
import { bytes, bytesOfDoubles, LANES, loadRounded, times } from './lanes';

/**
 * Scales columns k of W whose norm is finite and above the limit by limit / norm, as in
 * src/program/reference/max-norm.ts. Overwrites `W`, and `factors` (doubles) with the factor of each column.
 */
export function maxNorm(W: usize, factors: usize, I: i32, row: usize, n: i32, limit: f64): void {
  const end = factors + bytesOfDoubles(n);
  for (let at = factors; at < end; at += 8) store<f64>(at, 0);
  for (let i = 0; i < I; i++) addSquares(factors, W + <usize>i * row, n);
  for (let at = factors; at < end; at += 8) {
    const norm = sqrt<f64>(load<f64>(at));
    store<f64>(at, norm > limit && norm - norm == 0 ? limit / norm : 1);
  }
  for (let i = 0; i < I; i++) multiply(W + <usize>i * row, factors, n);
}

/** sums[k] += w[k]². Overwrites `sums`. */
function addSquares(sums: usize, w: usize, n: i32): void {
  for (; n >= 2; n -= 2, sums += 16, w += bytes(2)) store<v128>(sums, plusSquares(load<v128>(sums), loadTwo(w)));
  if (n > 0) store<f64>(sums, load<f64>(sums) + square(load<Real>(w)));
}

/** w[k] *= factors[k]. Overwrites `w`. */
function multiply(w: usize, factors: usize, n: i32): void {
  for (; n >= 2; n -= 2, w += bytes(2), factors += 16) {
    const factor = load<v128>(factors);
    if (LANES == 4) v128.store_lane<f64>(w, times(v128.load_zero<f64>(w), f32x4.demote_f64x2_zero(factor)), 0);
    else store<v128>(w, times(load<v128>(w), factor));
  }
  if (n > 0) store<Real>(w, load<Real>(w) * loadRounded(factors));
}
