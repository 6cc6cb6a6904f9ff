import { tree } from './average-rows';
import { firstTwo, lastTwo, plusSquares, square } from './doubles';
import { flush } from './flush';
import { bytes, LANES, loadRounded, minus, plus, splat, times } from './lanes';

/** One step of SGD without momentum: θ - lr·d, d = g + weightDecay·θ; hyper as in sgdMomentum. Overwrites `theta`. */
export function sgd(theta: usize, g: usize, n: i32, hyper: usize): void {
  const lr = loadRounded(hyper);
  const weightDecay = loadRounded(hyper + 3 * 8);
  const rates = splat<v128>(lr);
  const decays = splat<v128>(weightDecay);
  for (; n >= LANES; n -= LANES) {
    update<v128>(theta, load<v128>(g), rates, decays, weightDecay != 0);
    theta += 16;
    g += 16;
  }
  for (; n > 0; n--) {
    update<Real>(theta, load<Real>(g), lr, weightDecay, weightDecay != 0);
    theta += bytes(1);
    g += bytes(1);
  }
}

/**
 * SGD by the mean of S rows of gradients that lie `row` bytes apart: their sum · `factor`. One pass, with the bits of
 * `averageRows` and then `sgd`. S is 1, 2 or 4. Overwrites `square`, `theta`.
 */
export function sgdOfMean(
  square: usize, theta: usize, n: i32, hyper: usize, rows: usize, row: usize, S: i32, factor: f64,
): void {
  if (S == 1) store<f64>(square, byMean1(theta, n, hyper, rows, row, factor));
  else if (S == 2) store<f64>(square, byMean2(theta, n, hyper, rows, row, factor));
  else store<f64>(square, byMean4(theta, n, hyper, rows, row, factor));
}

// One function for each S: V8 optimizes small functions much sooner.

function byMean1(theta: usize, n: i32, hyper: usize, rows: usize, row: usize, factor: f64): f64 {
  return updateAll(1, theta, n, hyper, rows, row, factor);
}

function byMean2(theta: usize, n: i32, hyper: usize, rows: usize, row: usize, factor: f64): f64 {
  return updateAll(2, theta, n, hyper, rows, row, factor);
}

function byMean4(theta: usize, n: i32, hyper: usize, rows: usize, row: usize, factor: f64): f64 {
  return updateAll(4, theta, n, hyper, rows, row, factor);
}

/** SGD by g = (Σ rows)·factor. Returns Σ g² in the order of `averageRows`. */
@inline function updateAll(S: i32, theta: usize, n: i32, hyper: usize, rows: usize, row: usize, factor: f64): f64 {
  const lr = loadRounded(hyper);
  const weightDecay = loadRounded(hyper + 3 * 8);
  const rates = splat<v128>(lr);
  const l2 = splat<v128>(weightDecay);
  const factors = splat<v128>(<Real>factor);
  const decays = weightDecay != 0;
  let first = f64x2.splat(0); // s₀, s₁
  let last = f64x2.splat(0); // s₂, s₃
  for (; n >= 4; n -= 4) {
    const low = times(tree<v128>(S, rows, row), factors);
    const high = LANES == 4 ? low : times(tree<v128>(S, rows + 16, row), factors);
    first = plusSquares(first, firstTwo(low, high));
    last = plusSquares(last, lastTwo(low, high));
    update<v128>(theta, low, rates, l2, decays);
    if (LANES == 2) update<v128>(theta + 16, high, rates, l2, decays);
    rows += bytes(4);
    theta += bytes(4);
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
    update<Real>(theta, g, lr, weightDecay, decays);
    rows += bytes(1);
    theta += bytes(1);
  }
  return s0 + s1 + (s2 + s3);
}

/** θ - lr·d with d = g + weightDecay·θ if `decays`, else g. Overwrites `theta`. */
@inline function update<T>(theta: usize, d: T, lr: T, weightDecay: T, decays: bool): void {
  const old = load<T>(theta);
  if (decays) d = plus(d, times(weightDecay, old));
  store<T>(theta, minus(old, times(lr, d)));
}

/**
 * One step of SGD with momentum: m = flush(momentum·m + d); θ - lr·m, or θ - lr·(d + momentum·m);
 * hyper = lr, momentum, nesterov (0 or 1), weightDecay. Overwrites `theta`, `m`.
 */
export function sgdMomentum(theta: usize, g: usize, m: usize, n: i32, hyper: usize): void {
  const lr = loadRounded(hyper);
  const momentum = loadRounded(hyper + 8);
  const nesterov = loadRounded(hyper + 2 * 8) != 0;
  const weightDecay = loadRounded(hyper + 3 * 8);
  const rates = splat<v128>(lr);
  const momenta = splat<v128>(momentum);
  const decays = splat<v128>(weightDecay);
  for (; n >= LANES; n -= LANES) {
    const d = decayed<v128>(theta, g, decays, weightDecay != 0);
    store<v128>(theta, minus(load<v128>(theta), times(rates, direction<v128>(d, m, momenta, nesterov))));
    theta += 16;
    g += 16;
    m += 16;
  }
  for (; n > 0; n--) {
    const d = decayed<Real>(theta, g, weightDecay, weightDecay != 0);
    store<Real>(theta, minus(load<Real>(theta), times(lr, direction<Real>(d, m, momentum, nesterov))));
    theta += bytes(1);
    g += bytes(1);
    m += bytes(1);
  }
}

@inline function decayed<T>(theta: usize, g: usize, weightDecay: T, decays: bool): T {
  const d = load<T>(g);
  return decays ? plus(d, times(weightDecay, load<T>(theta))) : d;
}

@inline function direction<T>(d: T, m: usize, momentum: T, nesterov: bool): T {
  const mNew = flush<T>(plus(times(momentum, load<T>(m)), d));
  store<T>(m, mNew);
  return nesterov ? plus(d, times(momentum, mNew)) : mNew;
}
