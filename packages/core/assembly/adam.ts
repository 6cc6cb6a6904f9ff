import { tree } from './average-rows';
import { firstTwo, lastTwo, plusSquares, square } from './doubles';
import { flush } from './flush';
import { bytes, LANES, loadRounded, minus, over, plus, root, splat, times } from './lanes';

/** One step of Adam; hyper = β₁, 1-β₁, β₂, 1-β₂, stepSize, invRootC2, ε, weightDecay. Overwrites `theta`, `m`, `v`. */
export function adam(theta: usize, g: usize, m: usize, v: usize, n: i32, hyper: usize): void {
  byMean1(theta, m, v, n, hyper, g, 0, 1, loadRounded(hyper + 7 * 8), 1); // x · 1 is x
}

/** One step of AdamW; hyper as in Adam, but the last is decay = 1 - lr·weightDecay. Overwrites `theta`, `m`, `v`. */
export function adamw(theta: usize, g: usize, m: usize, v: usize, n: i32, hyper: usize): void {
  byMean1(theta, m, v, n, hyper, g, 0, 1, 0, loadRounded(hyper + 7 * 8));
}

/**
 * Adam by the mean of S rows of gradients that lie `row` bytes apart: their sum · `factor`. One pass, with the bits of
 * `averageRows` and then `adam`. S is 1, 2 or 4. Overwrites `square`, `theta`, `m`, `v`.
 */
export function adamOfMean(
  square: usize, theta: usize, m: usize, v: usize, n: i32, hyper: usize, rows: usize, row: usize, S: i32, factor: f64,
): void {
  store<f64>(square, byMean(S, theta, m, v, n, hyper, rows, row, factor, loadRounded(hyper + 7 * 8), 1));
}

/** AdamW by the mean of S rows of gradients, as `adamOfMean`. */
export function adamwOfMean(
  square: usize, theta: usize, m: usize, v: usize, n: i32, hyper: usize, rows: usize, row: usize, S: i32, factor: f64,
): void {
  store<f64>(square, byMean(S, theta, m, v, n, hyper, rows, row, factor, 0, loadRounded(hyper + 7 * 8)));
}

@inline function byMean(
  S: i32, theta: usize, m: usize, v: usize, n: i32, hyper: usize, rows: usize, row: usize, factor: f64,
  weightDecay: Real, decay: Real,
): f64 {
  if (S == 1) return byMean1(theta, m, v, n, hyper, rows, row, factor, weightDecay, decay);
  if (S == 2) return byMean2(theta, m, v, n, hyper, rows, row, factor, weightDecay, decay);
  return byMean4(theta, m, v, n, hyper, rows, row, factor, weightDecay, decay);
}

// One function for each S: V8 optimizes small functions much sooner.

function byMean1(
  theta: usize, m: usize, v: usize, n: i32, hyper: usize, rows: usize, row: usize, factor: f64, weightDecay: Real,
  decay: Real,
): f64 {
  return updateAll(1, theta, m, v, n, hyper, rows, row, factor, weightDecay, decay);
}

function byMean2(
  theta: usize, m: usize, v: usize, n: i32, hyper: usize, rows: usize, row: usize, factor: f64, weightDecay: Real,
  decay: Real,
): f64 {
  return updateAll(2, theta, m, v, n, hyper, rows, row, factor, weightDecay, decay);
}

function byMean4(
  theta: usize, m: usize, v: usize, n: i32, hyper: usize, rows: usize, row: usize, factor: f64, weightDecay: Real,
  decay: Real,
): f64 {
  return updateAll(4, theta, m, v, n, hyper, rows, row, factor, weightDecay, decay);
}

/**
 * g = (Σ rows)·factor; t = decay·θ; d = g + weightDecay·θ if weightDecay ≠ 0, else g; m = flush(β₁m + (1-β₁)d); v =
 * flush(β₂v + ((1-β₂)d)d); θ = t - (stepSize·m) / (√v·invRootC2 + ε). A decay of 1 leaves θ as it is.
 * Returns Σ g² in the order of `averageRows`.
 */
@inline function updateAll(
  S: i32, theta: usize, m: usize, v: usize, n: i32, hyper: usize, rows: usize, row: usize, factor: f64,
  weightDecay: Real, decay: Real,
): f64 {
  const beta1 = loadRounded(hyper);
  const oneMinusBeta1 = loadRounded(hyper + 8);
  const beta2 = loadRounded(hyper + 2 * 8);
  const oneMinusBeta2 = loadRounded(hyper + 3 * 8);
  const stepSize = loadRounded(hyper + 4 * 8);
  const invRootC2 = loadRounded(hyper + 5 * 8);
  const epsilon = loadRounded(hyper + 6 * 8);
  const b1 = splat<v128>(beta1);
  const c1 = splat<v128>(oneMinusBeta1);
  const b2 = splat<v128>(beta2);
  const c2 = splat<v128>(oneMinusBeta2);
  const step = splat<v128>(stepSize);
  const inv = splat<v128>(invRootC2);
  const eps = splat<v128>(epsilon);
  const l2 = splat<v128>(weightDecay);
  const shrink = splat<v128>(decay);
  const factors = splat<v128>(<Real>factor);
  const decays = weightDecay != 0;
  let first = f64x2.splat(0); // s₀, s₁
  let last = f64x2.splat(0); // s₂, s₃
  for (; n >= 4; n -= 4) {
    const low = times(tree<v128>(S, rows, row), factors);
    const high = LANES == 4 ? low : times(tree<v128>(S, rows + 16, row), factors);
    first = plusSquares(first, firstTwo(low, high));
    last = plusSquares(last, lastTwo(low, high));
    update<v128>(theta, low, m, v, b1, c1, b2, c2, step, inv, eps, l2, shrink, decays);
    if (LANES == 2) {
      update<v128>(theta + 16, high, m + 16, v + 16, b1, c1, b2, c2, step, inv, eps, l2, shrink, decays);
    }
    rows += bytes(4);
    theta += bytes(4);
    m += bytes(4);
    v += bytes(4);
  }
  let s0 = f64x2.extract_lane(first, 0);
  let s1 = f64x2.extract_lane(first, 1);
  let s2 = f64x2.extract_lane(last, 0);
  const s3 = f64x2.extract_lane(last, 1);
  for (let lane = 0; lane < n; lane++) {
    const g = times(tree<Real>(S, rows, row), <Real>factor);
    if (lane == 0) s0 += square(g);
    else if (lane == 1) s1 += square(g);
    else s2 += square(g);
    update<Real>(
      theta, g, m, v,
      beta1, oneMinusBeta1, beta2, oneMinusBeta2, stepSize, invRootC2, epsilon, weightDecay, decay, decays,
    );
    rows += bytes(1);
    theta += bytes(1);
    m += bytes(1);
    v += bytes(1);
  }
  return s0 + s1 + (s2 + s3);
}

@inline function update<T>(
  theta: usize, d: T, m: usize, v: usize,
  b1: T, c1: T, b2: T, c2: T, step: T, inv: T, eps: T, l2: T, shrink: T, decays: bool,
): void {
  const old = load<T>(theta);
  if (decays) d = plus(d, times(l2, old));
  const mNew = flush<T>(plus(times(b1, load<T>(m)), times(c1, d)));
  const vNew = flush<T>(plus(times(b2, load<T>(v)), times(times(c2, d), d)));
  store<T>(m, mNew);
  store<T>(v, vNew);
  const size = plus(times(root<T>(vNew), inv), eps);
  store<T>(theta, minus(times(old, shrink), over(times(step, mNew), size)));
}
