import { flush } from './flush';
import { bytes, LANES, minus, over, plus, root, splat, times } from './lanes';
import { BY_COLUMN, PLAIN, SQUARES, sumRows, takeSums } from './sum-rows';
import { add, copy } from './vectors';

// Same bits as src/program/reference/batch-norm.ts: each column has its own sum, so the lanes of a vector are
// neighbouring columns.

/** sums[k,size] = the sum of the positions of leaf k of `a`. Overwrites `sums` and `levels`. */
export function leafSums(sums: usize, levels: usize, a: usize, B: i32, leaf: i32, R: i32, size: i32): void {
  const row = bytes(size);
  const step = <usize>leaf * <usize>R * row;
  for (let n = 0; n == 0 || n < B; n += leaf, sums += row, a += step) {
    sumRows(PLAIN, levels, a, a, a, a, min(B - n, leaf), leaf, R, size);
    copy(sums, levels, size);
  }
}

/** sums[k,size] = the sum of the positions of (x - mean)² of leaf k. Overwrites `sums` and `levels`. */
export function leafSquares(
  sums: usize, levels: usize, x: usize, mean: usize, B: i32, leaf: i32, R: i32, size: i32,
): void {
  const row = bytes(size);
  const step = <usize>leaf * <usize>R * row;
  for (let n = 0; n == 0 || n < B; n += leaf, sums += row, x += step) {
    sumRows(SQUARES, levels, x, x, mean, mean, min(B - n, leaf), leaf, R, size);
    copy(sums, levels, size);
  }
}

/**
 * dGammas[k,size] = the sum of the positions of dy · x̂ of leaf k, dBetas[k,size] that of dy. Overwrites both and
 * `levels` [sumLevels, 2, size].
 */
export function leafGradients(
  dGammas: usize, dBetas: usize, levels: usize, dy: usize, x: usize, mean: usize, scales: usize, B: i32, leaf: i32,
  R: i32, size: i32,
): void {
  const row = bytes(size);
  const step = <usize>leaf * <usize>R * row;
  for (let n = 0; n == 0 || n < B; n += leaf, dGammas += row, dBetas += row, dy += step, x += step) {
    sumRows(BY_COLUMN, levels, dy, x, mean, scales, min(B - n, leaf), leaf, R, size);
    copy(dGammas, levels, size);
    copy(dBetas, levels + row, size);
  }
}

/** mean[size] = (the tree's sum of all rows of `sums`) / rows. Overwrites `mean` and `levels` [treeLevels, size]. */
export function leafMean(mean: usize, levels: usize, sums: usize, leaves: i32, size: i32, rows: i32): void {
  joinLeaves(levels, sums, leaves, size);
  const count = <Real>rows;
  const counts = splat<v128>(count);
  let n = size;
  for (; n >= LANES; n -= LANES, mean += 16, levels += 16) store<v128>(mean, over(load<v128>(levels), counts));
  for (; n > 0; n--, mean += bytes(1), levels += bytes(1)) store<Real>(mean, load<Real>(levels) / count);
}

/** g[size] = the tree's sum of all rows of `sums`, or adds it if `joins`. Overwrites `g` and `levels`. */
export function leafTotal(g: usize, levels: usize, sums: usize, leaves: i32, joins: i32, size: i32): void {
  joinLeaves(levels, sums, leaves, size);
  takeSums(g, levels, joins, size);
}

/** Row 0 of levels = the tree's sum of all rows of `sums`. Overwrites `levels`. */
function joinLeaves(levels: usize, sums: usize, leaves: i32, size: i32): void {
  const row = bytes(size);
  let top = levels;
  for (let k = 1; k <= leaves; k++, sums += row) {
    copy(top, sums, size);
    // Each leaf joins complete neighbours, the last leaf all, as joinLevels in src/math/tree/leaves.ts.
    for (let m = k; top > levels && (k == leaves || (m & 1) == 0); m >>= 1) {
      add(top - row, top, size);
      top -= row;
    }
    top += row;
  }
}

/** scales = 1 / √(variance + ε). Overwrites `scales`. */
export function batchNormScales(scales: usize, variance: usize, size: i32, epsilon: f64): void {
  const row = bytes(size);
  const whole = bytes(size & -LANES);
  for (let at: usize = 0; at < whole; at += 16) scaleOf<v128>(scales + at, variance + at, <Real>epsilon);
  for (let at = whole; at < row; at += bytes(1)) scaleOf<Real>(scales + at, variance + at, <Real>epsilon);
}

@inline function scaleOf<T>(scale: usize, variance: usize, epsilon: Real): void {
  store<T>(scale, over(splat<T>(1), root(plus(load<T>(variance), splat<T>(epsilon)))));
}

/** y = γ · x̂ + β with x̂ = (x - mean) · scales. Overwrites `y`. */
export function batchNormForward(
  y: usize, x: usize, mean: usize, scales: usize, gamma: usize, beta: usize, B: i32, size: i32,
): void {
  const row = bytes(size);
  const whole = bytes(size & -LANES);
  for (; B > 0; B--, y += row, x += row) {
    for (let at: usize = 0; at < whole; at += 16) {
      normalize<v128>(y + at, x + at, mean + at, scales + at, gamma + at, beta + at);
    }
    for (let at = whole; at < row; at += bytes(1)) {
      normalize<Real>(y + at, x + at, mean + at, scales + at, gamma + at, beta + at);
    }
  }
}

@inline function normalize<T>(y: usize, x: usize, mean: usize, scale: usize, gamma: usize, beta: usize): void {
  store<T>(y, plus(times(load<T>(gamma), normalized<T>(x, mean, scale)), load<T>(beta)));
}

/** x̂. */
@inline function normalized<T>(x: usize, mean: usize, scale: usize): T {
  return times(minus(load<T>(x), load<T>(mean)), load<T>(scale));
}

/**
 * dx = γ · scales · (dy - mean(dy) - x̂ · mean(dy · x̂)) with x̂ = (x - mean) · scales, tiny values flushed to 0.
 * Overwrites `dx`.
 */
export function batchNormBackwardInput(
  dx: usize, dy: usize, x: usize, mean: usize, scales: usize, gamma: usize, meanDy: usize, meanDyXHat: usize, B: i32,
  size: i32,
): void {
  const row = bytes(size);
  const whole = bytes(size & -LANES);
  for (; B > 0; B--, dx += row, dy += row, x += row) {
    for (let at: usize = 0; at < whole; at += 16) {
      back<v128>(dx + at, dy + at, x + at, mean + at, scales + at, gamma + at, meanDy + at, meanDyXHat + at);
    }
    for (let at = whole; at < row; at += bytes(1)) {
      back<Real>(dx + at, dy + at, x + at, mean + at, scales + at, gamma + at, meanDy + at, meanDyXHat + at);
    }
  }
}

@inline function back<T>(
  dx: usize, dy: usize, x: usize, mean: usize, scale: usize, gamma: usize, meanDy: usize, meanDyXHat: usize,
): void {
  const slope = times(normalized<T>(x, mean, scale), load<T>(meanDyXHat));
  const rest = minus(minus(load<T>(dy), load<T>(meanDy)), slope);
  store<T>(dx, flush<T>(times(times(load<T>(gamma), load<T>(scale)), rest)));
}

/** running = (1 - momentum) · running + momentum · (value · factor). Overwrites `running`. */
export function movingAverage(running: usize, value: usize, n: i32, momentum: f64, factor: f64): void {
  const share = <Real>momentum;
  const unbiased = <Real>factor;
  for (; n >= LANES; n -= LANES, running += 16, value += 16) average<v128>(running, value, share, unbiased);
  for (; n > 0; n--, running += bytes(1), value += bytes(1)) average<Real>(running, value, share, unbiased);
}

@inline function average<T>(running: usize, value: usize, momentum: Real, factor: Real): void {
  const old = times(splat<T>(1 - momentum), load<T>(running));
  store<T>(running, plus(old, times(splat<T>(momentum), times(load<T>(value), splat<T>(factor)))));
}
