import { flush } from './flush';
import { bytes, minus, over, plus, root, splat, times } from './lanes';
import { add, copy } from './vectors';

// Bits as src/program/reference/batch-norm.ts: each number of a row has sums of its own, so lanes are neighbours in a
// row.

/** sums[k,size] = the sum of the rows of leaf k of `a`, ascending from 0. Overwrites `sums`. */
export function leafSums(sums: usize, a: usize, B: i32, leaf: i32, size: i32): void {
  const row = bytes(size);
  for (let n = 0; n == 0 || n < B; n += leaf, sums += row) {
    memory.fill(sums, 0, row);
    for (let left = min(B - n, leaf); left > 0; left--, a += row) add(sums, a, size);
  }
}

/** The same of the products a · b. Overwrites `sums`. */
export function leafProducts(sums: usize, a: usize, b: usize, B: i32, leaf: i32, size: i32): void {
  const row = bytes(size);
  for (let n = 0; n == 0 || n < B; n += leaf, sums += row) {
    memory.fill(sums, 0, row);
    for (let left = min(B - n, leaf); left > 0; left--, a += row, b += row) addProducts(sums, a, b, size);
  }
}

function addProducts(sums: usize, a: usize, b: usize, n: i32): void {
  for (; n >= 2; n -= 2, sums += 16, a += 16, b += 16) addProduct<v128>(sums, a, b);
  if (n > 0) addProduct<f64>(sums, a, b);
}

@inline function addProduct<T>(sum: usize, a: usize, b: usize): void {
  store<T>(sum, plus(load<T>(sum), times(load<T>(a), load<T>(b))));
}

/** mean[size] = (the tree's sum of all rows of `sums`) / rows. Overwrites `mean` and `levels` [treeLevels, size]. */
export function leafMean(mean: usize, levels: usize, sums: usize, leaves: i32, size: i32, rows: i32): void {
  const row = bytes(size);
  let top = levels;
  for (let k = 1; k <= leaves; k++, sums += row) {
    copy(top, sums, size);
    // As joinLevels of src/train/tree/leaves.ts: behind a leaf neighbours that are whole, behind the last all.
    for (let m = k; top > levels && (k == leaves || (m & 1) == 0); m >>= 1) {
      add(top - row, top, size);
      top -= row;
    }
    top += row;
  }
  const count = <f64>rows;
  let n = size;
  for (; n >= 2; n -= 2, mean += 16, levels += 16) store<v128>(mean, over(load<v128>(levels), splat<v128>(count)));
  if (n > 0) store<f64>(mean, load<f64>(levels) / count);
}

/** y[n] = x[n] - row. Overwrites `y`. */
export function subtractRow(y: usize, x: usize, row: usize, B: i32, size: i32): void {
  for (; B > 0; B--) {
    let at = row;
    let n = size;
    for (; n >= 2; n -= 2, y += 16, x += 16, at += 16) store<v128>(y, minus(load<v128>(x), load<v128>(at)));
    if (n == 0) continue;
    store<f64>(y, load<f64>(x) - load<f64>(at));
    y += 8;
    x += 8;
  }
}

/** scales = 1 / √(variance + ε); x̂ = centered · scales; y = γ · x̂ + β. Overwrites `y`, `xHat` and `scales`. */
export function batchNormForward(
  y: usize, xHat: usize, scales: usize, variance: usize, gamma: usize, beta: usize, B: i32, size: i32, epsilon: f64,
): void {
  const pairs = bytes(size & -2);
  const isOdd = (size & 1) != 0;
  for (let at: usize = 0; at < pairs; at += 16) scaleOf<v128>(scales + at, variance + at, epsilon);
  if (isOdd) scaleOf<f64>(scales + pairs, variance + pairs, epsilon);
  for (; B > 0; B--) {
    for (let at: usize = 0; at < pairs; at += 16) {
      normalize<v128>(y + at, xHat + at, scales + at, gamma + at, beta + at);
    }
    if (isOdd) normalize<f64>(y + pairs, xHat + pairs, scales + pairs, gamma + pairs, beta + pairs);
    y += bytes(size);
    xHat += bytes(size);
  }
}

@inline function scaleOf<T>(scale: usize, variance: usize, epsilon: f64): void {
  store<T>(scale, over(splat<T>(1), root(plus(load<T>(variance), splat<T>(epsilon)))));
}

@inline function normalize<T>(y: usize, xHat: usize, scale: usize, gamma: usize, beta: usize): void {
  const h = times(load<T>(xHat), load<T>(scale));
  store<T>(xHat, h);
  store<T>(y, plus(times(load<T>(gamma), h), load<T>(beta)));
}

/** dx = γ · scales · (dy - mean of dy - x̂ · mean of dy · x̂), tiny values flushed to 0. Overwrites `dx`. */
export function batchNormBackwardInput(
  dx: usize, dy: usize, xHat: usize, scales: usize, gamma: usize, meanDy: usize, meanDyXHat: usize, B: i32, size: i32,
): void {
  const pairs = bytes(size & -2);
  for (; B > 0; B--) {
    for (let at: usize = 0; at < pairs; at += 16) {
      back<v128>(dx + at, dy + at, xHat + at, scales + at, gamma + at, meanDy + at, meanDyXHat + at);
    }
    if ((size & 1) != 0) {
      const at = pairs;
      back<f64>(dx + at, dy + at, xHat + at, scales + at, gamma + at, meanDy + at, meanDyXHat + at);
    }
    dx += bytes(size);
    dy += bytes(size);
    xHat += bytes(size);
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
  for (; n >= 2; n -= 2, running += 16, value += 16) average<v128>(running, value, momentum, factor);
  if (n > 0) average<f64>(running, value, momentum, factor);
}

@inline function average<T>(running: usize, value: usize, momentum: f64, factor: f64): void {
  const old = times(splat<T>(1 - momentum), load<T>(running));
  store<T>(running, plus(old, times(splat<T>(momentum), times(load<T>(value), splat<T>(factor)))));
}
