import { flush } from './flush';
import { bytes, LANES, lane0, lane1, lane2, lane3, minus, plus, splat, times } from './lanes';
import { BY_POSITION, sumRows, takeSums } from './sum-rows';

// The forward pass takes two rows at a time, since each addition to a row's sum waits for the one before. With an odd
// number of rows it computes the last one twice, which only repeats the same stores.

/**
 * y[B,size] = γ · x̂ + β with x̂ = (x - μ) · s and s = 1 / √(σ² + ε), in the lanes of
 * src/program/reference/layer-norm.ts. Overwrites `y`, `means` and `scales`.
 */
export function layerNormForward(
  y: usize, means: usize, scales: usize, x: usize, gamma: usize, beta: usize, B: i32, size: i32, epsilon: f64,
): void {
  const row = bytes(size);
  for (; B > 0; B -= 2) {
    const next = B > 1 ? row : 0;
    normalizeTwo(y, means, scales, x, gamma, beta, next, B > 1 ? bytes(1) : 0, size, <Real>epsilon);
    y += 2 * row;
    x += 2 * row;
    means += bytes(2);
    scales += bytes(2);
  }
}

/** Normalizes two rows that lie `next` bytes apart; their means and scales lie `nextScale` bytes apart. */
function normalizeTwo(
  y: usize, means: usize, scales: usize, x: usize, gamma: usize, beta: usize, next: usize, nextScale: usize, size: i32,
  epsilon: Real,
): void {
  const n = <Real>size;
  const whole = bytes(size & -4);
  const rest = size & 3;

  let low0 = splat<v128>(0);
  let high0 = splat<v128>(0);
  let low1 = low0;
  let high1 = low0;
  for (let at: usize = 0; at < whole; at += bytes(4)) {
    const p = x + at;
    low0 = plus(low0, load<v128>(p));
    if (LANES == 2) high0 = plus(high0, load<v128>(p, 16));
    low1 = plus(low1, load<v128>(p + next));
    if (LANES == 2) high1 = plus(high1, load<v128>(p + next, 16));
  }
  const tail = x + whole;
  const mean0 = total(low0, high0, one(tail, rest, 0), one(tail, rest, 1), one(tail, rest, 2)) / n;
  const mean1 = total(
    low1, high1, one(tail + next, rest, 0), one(tail + next, rest, 1), one(tail + next, rest, 2),
  ) / n;

  const means0 = splat<v128>(mean0);
  const means1 = splat<v128>(mean1);
  low0 = splat<v128>(0);
  high0 = low0;
  low1 = low0;
  high1 = low0;
  for (let at: usize = 0; at < whole; at += bytes(4)) {
    const p = x + at;
    low0 = plus(low0, squareOf<v128>(p, means0));
    if (LANES == 2) high0 = plus(high0, squareOf<v128>(p + 16, means0));
    low1 = plus(low1, squareOf<v128>(p + next, means1));
    if (LANES == 2) high1 = plus(high1, squareOf<v128>(p + next + 16, means1));
  }
  const scale0 = scaleOf(low0, high0, tail, rest, mean0, n, epsilon);
  const scale1 = scaleOf(low1, high1, tail + next, rest, mean1, n, epsilon);
  store<Real>(means, mean0);
  store<Real>(means + nextScale, mean1);
  store<Real>(scales, scale0);
  store<Real>(scales + nextScale, scale1);

  const scales0 = splat<v128>(scale0);
  const scales1 = splat<v128>(scale1);
  const inVectors = bytes(size & -LANES);
  for (let at: usize = 0; at < inVectors; at += 16) {
    const factor = load<v128>(gamma + at);
    const term = load<v128>(beta + at);
    normalize<v128>(y + at, x + at, means0, scales0, factor, term);
    normalize<v128>(y + at + next, x + at + next, means1, scales1, factor, term);
  }
  for (let at = inVectors; at < bytes(size); at += bytes(1)) {
    const factor = load<Real>(gamma + at);
    const term = load<Real>(beta + at);
    normalize<Real>(y + at, x + at, mean0, scale0, factor, term);
    normalize<Real>(y + at + next, x + at + next, mean1, scale1, factor, term);
  }
}

@inline function normalize<T>(y: usize, x: usize, mean: T, scale: T, factor: T, term: T): void {
  store<T>(y, plus(times(factor, normalized<T>(x, mean, scale)), term));
}

/** 1 / √(σ² + ε) from the lanes of the squares and the rest of the row. */
@inline function scaleOf(low: v128, high: v128, tail: usize, rest: i32, mean: Real, n: Real, epsilon: Real): Real {
  const t0 = rest > 0 ? squareOf<Real>(tail, mean) : 0;
  const t1 = rest > 1 ? squareOf<Real>(tail + bytes(1), mean) : 0;
  const t2 = rest > 2 ? squareOf<Real>(tail + bytes(2), mean) : 0;
  return 1 / sqrt<Real>(total(low, high, t0, t1, t2) / n + epsilon);
}

@inline function squareOf<T>(x: usize, mean: T): T {
  const d = minus(load<T>(x), mean);
  return times(d, d);
}

/** Joins lanes as (l₀ + l₁) + (l₂ + l₃), after adding the rest of the row to the first three. Adding 0 changes none. */
@inline export function total(low: v128, high: v128, t0: Real, t1: Real, t2: Real): Real {
  const l0 = lane0(low, high) + t0;
  const l1 = lane1(low, high) + t1;
  const l2 = lane2(low, high) + t2;
  return l0 + l1 + (l2 + lane3(low, high));
}

/** Number `i` in the rest of a row, or 0. */
@inline function one(tail: usize, rest: i32, i: i32): Real {
  return rest > i ? load<Real>(tail + bytes(i)) : 0;
}

/**
 * dγ[size] = Σ dy · x̂ and dβ[size] = Σ dy over B rows of R positions, with x̂ = (x - μ) · s. Overwrites `dGamma` and
 * `dBeta`, or adds to them if `joins`. Also overwrites `sums` [sumLevels, 2, size].
 */
export function layerNormBackwardWeights(
  dGamma: usize, dBeta: usize, sums: usize, dy: usize, x: usize, means: usize, scales: usize, B: i32, leaf: i32,
  joins: i32, R: i32, size: i32,
): void {
  sumRows(BY_POSITION, sums, dy, x, means, scales, B, leaf, R, size);
  takeSums(dGamma, sums, joins, size);
  takeSums(dBeta, sums + bytes(size), joins, size);
}

/**
 * dx[B,size] = flush(s · (g - ḡ - x̂ · m)) with x̂ = (x - μ) · s, g = dy · γ, its mean ḡ over the row, and m the mean
 * of g · x̂. Overwrites `dx` and `g` [size].
 */
export function layerNormBackwardInput(
  dx: usize, g: usize, dy: usize, x: usize, means: usize, scales: usize, gamma: usize, B: i32, size: i32,
): void {
  const row = bytes(size);
  for (; B > 0; B--, dx += row, dy += row, x += row, means += bytes(1), scales += bytes(1)) {
    rowGradient(dx, g, dy, x, load<Real>(means), load<Real>(scales), gamma, size);
  }
}

function rowGradient(
  dx: usize, g: usize, dy: usize, x: usize, mu: Real, scale: Real, gamma: usize, size: i32,
): void {
  const n = <Real>size;
  const whole = bytes(size & -4);
  const rest = size & 3;
  const mus = splat<v128>(mu);
  const scales = splat<v128>(scale);
  let low = splat<v128>(0);
  let high = splat<v128>(0);
  let lowDot = low;
  let highDot = low;
  for (let at: usize = 0; at < whole; at += bytes(4)) {
    const gLow = scaled<v128>(g + at, dy + at, gamma + at);
    low = plus(low, gLow);
    lowDot = plus(lowDot, times(gLow, normalized<v128>(x + at, mus, scales)));
    if (LANES == 2) {
      const gHigh = scaled<v128>(g + at + 16, dy + at + 16, gamma + at + 16);
      high = plus(high, gHigh);
      highDot = plus(highDot, times(gHigh, normalized<v128>(x + at + 16, mus, scales)));
    }
  }
  const last = x + whole;
  const t0 = scaledRest(g + whole, dy + whole, gamma + whole, rest, 0);
  const t1 = scaledRest(g + whole, dy + whole, gamma + whole, rest, 1);
  const t2 = scaledRest(g + whole, dy + whole, gamma + whole, rest, 2);
  const d0 = rest > 0 ? t0 * normalized<Real>(last, mu, scale) : 0;
  const d1 = rest > 1 ? t1 * normalized<Real>(last + bytes(1), mu, scale) : 0;
  const d2 = rest > 2 ? t2 * normalized<Real>(last + bytes(2), mu, scale) : 0;
  const mean = total(low, high, t0, t1, t2) / n;
  const slope = total(lowDot, highDot, d0, d1, d2) / n;

  const means = splat<v128>(mean);
  const slopes = splat<v128>(slope);
  for (; size >= LANES; size -= LANES, dx += 16, g += 16, x += 16) {
    centre<v128>(dx, g, x, mus, scales, means, slopes);
  }
  for (; size > 0; size--, dx += bytes(1), g += bytes(1), x += bytes(1)) {
    centre<Real>(dx, g, x, mu, scale, mean, slope);
  }
}

/** x̂. */
@inline function normalized<T>(x: usize, mean: T, scale: T): T {
  return times(minus(load<T>(x), mean), scale);
}

/** dy · γ. Overwrites `g`. */
@inline function scaled<T>(g: usize, dy: usize, gamma: usize): T {
  const product = times(load<T>(dy), load<T>(gamma));
  store<T>(g, product);
  return product;
}

/** `scaled` for number `i` in the rest of a row, or 0. */
@inline function scaledRest(g: usize, dy: usize, gamma: usize, rest: i32, i: i32): Real {
  return rest > i ? scaled<Real>(g + bytes(i), dy + bytes(i), gamma + bytes(i)) : 0;
}

@inline function centre<T>(dx: usize, g: usize, x: usize, mu: T, scale: T, mean: T, slope: T): void {
  const rest = minus(minus(load<T>(g), mean), times(normalized<T>(x, mu, scale), slope));
  store<T>(dx, flush<T>(times(scale, rest)));
}
