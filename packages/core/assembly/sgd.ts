import { tree } from './average-rows';
import { flush } from './flush';
import { minus, plus, splat, times } from './lanes';

/** One step of SGD without momentum: θ - lr·d, d = g + weightDecay·θ; hyper as sgdMomentum's. Overwrites `theta`. */
export function sgd(theta: usize, g: usize, n: i32, hyper: usize): void {
  const lr = load<f64>(hyper);
  const weightDecay = load<f64>(hyper, 3 * 8);
  const rates = splat<v128>(lr);
  const decays = splat<v128>(weightDecay);
  for (; n >= 2; n -= 2) {
    update<v128>(theta, load<v128>(g), rates, decays, weightDecay != 0);
    theta += 16;
    g += 16;
  }
  if (n > 0) update<f64>(theta, load<f64>(g), lr, weightDecay, weightDecay != 0);
}

/**
 * SGD by the mean of S rows of gradients, `row` bytes apart, which is their sum times `factor`, in one pass: the bits
 * of `averageRows` and then `sgd`. S is 1, 2 or 4. Overwrites `square`, `theta`.
 */
export function sgdOfMean(
  square: usize, theta: usize, n: i32, hyper: usize, rows: usize, row: usize, S: i32, factor: f64,
): void {
  if (S == 1) store<f64>(square, byMean1(theta, n, hyper, rows, row, factor));
  else if (S == 2) store<f64>(square, byMean2(theta, n, hyper, rows, row, factor));
  else store<f64>(square, byMean4(theta, n, hyper, rows, row, factor));
}

// A function each: V8 makes fast code of a small one much sooner.

function byMean1(theta: usize, n: i32, hyper: usize, rows: usize, row: usize, factor: f64): f64 {
  return updateAll(1, theta, n, hyper, rows, row, factor);
}

function byMean2(theta: usize, n: i32, hyper: usize, rows: usize, row: usize, factor: f64): f64 {
  return updateAll(2, theta, n, hyper, rows, row, factor);
}

function byMean4(theta: usize, n: i32, hyper: usize, rows: usize, row: usize, factor: f64): f64 {
  return updateAll(4, theta, n, hyper, rows, row, factor);
}

/** g = (Σ rows)·factor, and SGD by it. Returns Σ g² as `averageRows` adds it. */
@inline function updateAll(S: i32, theta: usize, n: i32, hyper: usize, rows: usize, row: usize, factor: f64): f64 {
  const lr = load<f64>(hyper);
  const weightDecay = load<f64>(hyper, 3 * 8);
  const rates = splat<v128>(lr);
  const l2 = splat<v128>(weightDecay);
  const factors = splat<v128>(factor);
  const decays = weightDecay != 0;
  let low = splat<v128>(0); // s₀, s₁
  let high = splat<v128>(0); // s₂, s₃
  for (; n >= 4; n -= 4) {
    const g01 = times(tree<v128>(S, rows, row), factors);
    const g23 = times(tree<v128>(S, rows + 16, row), factors);
    low = plus(low, times(g01, g01));
    high = plus(high, times(g23, g23));
    update<v128>(theta, g01, rates, l2, decays);
    update<v128>(theta + 16, g23, rates, l2, decays);
    rows += 32;
    theta += 32;
  }
  let s0 = f64x2.extract_lane(low, 0);
  let s1 = f64x2.extract_lane(low, 1);
  let s2 = f64x2.extract_lane(high, 0);
  const s3 = f64x2.extract_lane(high, 1);
  for (let lane = 0; lane < n; lane++) {
    const g = times(tree<f64>(S, rows, row), factor);
    if (lane == 0) s0 += g * g;
    else if (lane == 1) s1 += g * g;
    else s2 += g * g;
    update<f64>(theta, g, lr, weightDecay, decays);
    rows += 8;
    theta += 8;
  }
  return s0 + s1 + (s2 + s3);
}

/** θ - lr·d, d = g + weightDecay·θ where it decays. Overwrites `theta`. */
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
  const lr = load<f64>(hyper);
  const momentum = load<f64>(hyper, 8);
  const nesterov = load<f64>(hyper, 2 * 8) != 0;
  const weightDecay = load<f64>(hyper, 3 * 8);
  const rates = splat<v128>(lr);
  const momenta = splat<v128>(momentum);
  const decays = splat<v128>(weightDecay);
  for (; n >= 2; n -= 2) {
    const d = decayed<v128>(theta, g, decays, weightDecay != 0);
    store<v128>(theta, minus(load<v128>(theta), times(rates, direction<v128>(d, m, momenta, nesterov))));
    theta += 16;
    g += 16;
    m += 16;
  }
  if (n > 0) {
    const d = decayed<f64>(theta, g, weightDecay, weightDecay != 0);
    store<f64>(theta, minus(load<f64>(theta), times(lr, direction<f64>(d, m, momentum, nesterov))));
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
