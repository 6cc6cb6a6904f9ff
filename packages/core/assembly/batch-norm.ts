import { flush } from './flush';
import { bytes, LANES, minus, over, plus, root, splat, times } from './lanes';
import { PLAIN, PRODUCTS, sumRows } from './sum-rows';
import { add, copy } from './vectors';

// Same bits as src/program/reference/batch-norm.ts: each column has its own sum, so the lanes of a vector are
// neighbouring columns.

/** sums[k,size] = the sum of the positions of leaf k of `a`. Overwrites `sums` and `levels`. */
export function leafSums(sums: usize, levels: usize, a: usize, B: i32, leaf: i32, R: i32, size: i32): void {
  sumLeaves(PLAIN, sums, levels, a, a, B, leaf, R, size);
}

/** sums[k,size] = the sum of the positions of a · b of leaf k. Overwrites `sums` and `levels`. */
export function leafProducts(
  sums: usize, levels: usize, a: usize, b: usize, B: i32, leaf: i32, R: i32, size: i32,
): void {
  sumLeaves(PRODUCTS, sums, levels, a, b, B, leaf, R, size);
}

function sumLeaves(
  kind: i32, sums: usize, levels: usize, a: usize, b: usize, B: i32, leaf: i32, R: i32, size: i32,
): void {
  const row = bytes(size);
  const step = <usize>leaf * <usize>R * row;
  for (let n = 0; n == 0 || n < B; n += leaf, sums += row, a += step, b += step) {
    sumRows(kind, levels, a, b, min(B - n, leaf), leaf, R, size);
    copy(sums, levels, size);
  }
}

/** mean[size] = (the tree's sum of all rows of `sums`) / rows. Overwrites `mean` and `levels` [treeLevels, size]. */
export function leafMean(mean: usize, levels: usize, sums: usize, leaves: i32, size: i32, rows: i32): void {
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
  const count = <Real>rows;
  const counts = splat<v128>(count);
  let n = size;
  for (; n >= LANES; n -= LANES, mean += 16, levels += 16) store<v128>(mean, over(load<v128>(levels), counts));
  for (; n > 0; n--, mean += bytes(1), levels += bytes(1)) store<Real>(mean, load<Real>(levels) / count);
}

/** y[n] = x[n] - row. Overwrites `y`. */
export function subtractRow(y: usize, x: usize, row: usize, B: i32, size: i32): void {
  for (; B > 0; B--) {
    let at = row;
    let n = size;
    for (; n >= LANES; n -= LANES, y += 16, x += 16, at += 16) store<v128>(y, minus(load<v128>(x), load<v128>(at)));
    for (; n > 0; n--, y += bytes(1), x += bytes(1), at += bytes(1)) store<Real>(y, load<Real>(x) - load<Real>(at));
  }
}

/** scales = 1 / √(variance + ε); x̂ = centered · scales; y = γ · x̂ + β. Overwrites `y`, `xHat` and `scales`. */
export function batchNormForward(
  y: usize, xHat: usize, scales: usize, variance: usize, gamma: usize, beta: usize, B: i32, size: i32, epsilon: f64,
): void {
  const row = bytes(size);
  const whole = bytes(size & -LANES);
  for (let at: usize = 0; at < whole; at += 16) scaleOf<v128>(scales + at, variance + at, <Real>epsilon);
  for (let at = whole; at < row; at += bytes(1)) scaleOf<Real>(scales + at, variance + at, <Real>epsilon);
  for (; B > 0; B--, y += row, xHat += row) {
    for (let at: usize = 0; at < whole; at += 16) {
      normalize<v128>(y + at, xHat + at, scales + at, gamma + at, beta + at);
    }
    for (let at = whole; at < row; at += bytes(1)) {
      normalize<Real>(y + at, xHat + at, scales + at, gamma + at, beta + at);
    }
  }
}

@inline function scaleOf<T>(scale: usize, variance: usize, epsilon: Real): void {
  store<T>(scale, over(splat<T>(1), root(plus(load<T>(variance), splat<T>(epsilon)))));
}

@inline function normalize<T>(y: usize, xHat: usize, scale: usize, gamma: usize, beta: usize): void {
  const h = times(load<T>(xHat), load<T>(scale));
  store<T>(xHat, h);
  store<T>(y, plus(times(load<T>(gamma), h), load<T>(beta)));
}

/** dx = γ · scales · (dy - mean(dy) - x̂ · mean(dy · x̂)), tiny values flushed to 0. Overwrites `dx`. */
export function batchNormBackwardInput(
  dx: usize, dy: usize, xHat: usize, scales: usize, gamma: usize, meanDy: usize, meanDyXHat: usize, B: i32, size: i32,
): void {
  const row = bytes(size);
  const whole = bytes(size & -LANES);
  for (; B > 0; B--, dx += row, dy += row, xHat += row) {
    for (let at: usize = 0; at < whole; at += 16) {
      back<v128>(dx + at, dy + at, xHat + at, scales + at, gamma + at, meanDy + at, meanDyXHat + at);
    }
    for (let at = whole; at < row; at += bytes(1)) {
      back<Real>(dx + at, dy + at, xHat + at, scales + at, gamma + at, meanDy + at, meanDyXHat + at);
    }
  }
}

@inline function back<T>(
  dx: usize, dy: usize, xHat: usize, scale: usize, gamma: usize, meanDy: usize, meanDyXHat: usize,
): void {
  const rest = minus(minus(load<T>(dy), load<T>(meanDy)), times(load<T>(xHat), load<T>(meanDyXHat)));
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
