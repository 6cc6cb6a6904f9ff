import { exp } from './exp';
import { flush } from './flush';
import { bytes, minus, over, plus, splat } from './lanes';
import { log } from './log';

/**
 * Σₙ log Σₒ e^y[n,o] - y[n,t[n]] and dy[n,o] = softmax(y[n])[o] - [o = t[n]], as
 * src/model/losses/softmax-cross-entropy.ts. Overwrites `lossSums`, one of each leaf of `leaf` rows, and `dy`, which
 * may be `y`.
 */
export function softmaxCrossEntropy(
  lossSums: usize, dy: usize, y: usize, t: usize, B: i32, leaf: i32, O: i32,
): void {
  const row = bytes(O);
  for (; B > 0; B -= leaf, lossSums += 8) {
    let total: f64 = 0;
    for (let n = min(B, leaf); n > 0; n--, dy += row, y += row, t += 8) total += rowLoss(dy, y, t, O);
    store<f64>(lossSums, total);
  }
}

function rowLoss(dy: usize, y: usize, t: usize, O: i32): f64 {
  const target = bytes(<i32>load<f64>(t));
  const yTarget = load<f64>(y + target); // read before dy, which may be y
  const m = maximum(y, O);
  exponentials(dy, y, O, m);
  const s = sum(dy, O);
  const probability = load<f64>(dy + target) / s;
  divide(dy, O, s);
  store<f64>(dy + target, flush<f64>(probability - 1));
  return log(s) + m - yTarget;
}

/**
 * Σₙ log Σₒ e^y[n,o] - (1 - smoothing) y[n,t[n]] - smoothing/O Σₒ y[n,o], and dy[n,o] = softmax(y[n])[o] minus the
 * smoothed target. Otherwise likewise.
 */
export function smoothedCrossEntropy(
  lossSums: usize, dy: usize, y: usize, t: usize, B: i32, leaf: i32, O: i32, smoothing: f64,
): void {
  const row = bytes(O);
  for (; B > 0; B -= leaf, lossSums += 8) {
    let total: f64 = 0;
    for (let n = min(B, leaf); n > 0; n--, dy += row, y += row, t += 8) total += smoothedRow(dy, y, t, O, smoothing);
    store<f64>(lossSums, total);
  }
}

function smoothedRow(dy: usize, y: usize, t: usize, O: i32, smoothing: f64): f64 {
  const target = bytes(<i32>load<f64>(t));
  const yTarget = load<f64>(y + target); // read before dy, which may be y
  const ySum = sum(y, O);
  const m = maximum(y, O);
  exponentials(dy, y, O, m);
  const s = sum(dy, O);
  const off = smoothing / <f64>O;
  const probability = load<f64>(dy + target) / s;
  divideMinus(dy, O, s, off);
  store<f64>(dy + target, flush<f64>(probability - (1 - smoothing + off)));
  return log(s) + m - (1 - smoothing) * yTarget - off * ySum;
}

/** max y[o], in four lanes o mod 4 that start at -∞ and take what is greater. */
function maximum(y: usize, O: i32): f64 {
  let low = splat<v128>(-Infinity); // l₀, l₁
  let high = splat<v128>(-Infinity); // l₂, l₃
  for (; O >= 4; O -= 4, y += 32) {
    low = f64x2.pmax(low, load<v128>(y));
    high = f64x2.pmax(high, load<v128>(y, 16));
  }
  let l0 = f64x2.extract_lane(low, 0);
  let l1 = f64x2.extract_lane(low, 1);
  let l2 = f64x2.extract_lane(high, 0);
  const l3 = f64x2.extract_lane(high, 1);
  if (O > 0) l0 = greater(load<f64>(y), l0);
  if (O > 1) l1 = greater(load<f64>(y, 8), l1);
  if (O > 2) l2 = greater(load<f64>(y, 16), l2);
  return greater(greater(l3, l2), greater(l1, l0));
}

/** z where z > lane; a lane never takes a NaN. */
@inline function greater(z: f64, lane: f64): f64 {
  return z > lane ? z : lane;
}

/** e[o] = e^(y[o] - m). Overwrites `e`. */
function exponentials(e: usize, y: usize, O: i32, m: f64): void {
  const maxima = splat<v128>(m);
  for (; O >= 2; O -= 2, e += 16, y += 16) store<v128>(e, exp(minus(load<v128>(y), maxima)));
  if (O > 0) v128.store_lane<f64>(e, exp(minus(v128.load_zero<f64>(y), maxima)), 0);
}

/** Σ e[o] in four lanes o mod 4, joined (l₀ + l₁) + (l₂ + l₃). */
function sum(e: usize, O: i32): f64 {
  let low = splat<v128>(0); // l₀, l₁
  let high = splat<v128>(0); // l₂, l₃
  for (; O >= 4; O -= 4, e += 32) {
    low = plus(low, load<v128>(e));
    high = plus(high, load<v128>(e, 16));
  }
  let l0 = f64x2.extract_lane(low, 0);
  let l1 = f64x2.extract_lane(low, 1);
  let l2 = f64x2.extract_lane(high, 0);
  const l3 = f64x2.extract_lane(high, 1);
  if (O > 0) l0 += load<f64>(e);
  if (O > 1) l1 += load<f64>(e, 8);
  if (O > 2) l2 += load<f64>(e, 16);
  return l0 + l1 + (l2 + l3);
}

/** e[o] = flush(e[o] / s). Overwrites `e`. */
function divide(e: usize, O: i32, s: f64): void {
  const sums = splat<v128>(s);
  for (; O >= 2; O -= 2, e += 16) store<v128>(e, flush<v128>(over(load<v128>(e), sums)));
  if (O > 0) store<f64>(e, flush<f64>(load<f64>(e) / s));
}

/** e[o] = flush(e[o] / s - off). Overwrites `e`. */
function divideMinus(e: usize, O: i32, s: f64, off: f64): void {
  const sums = splat<v128>(s);
  const offs = splat<v128>(off);
  for (; O >= 2; O -= 2, e += 16) store<v128>(e, flush<v128>(minus(over(load<v128>(e), sums), offs)));
  if (O > 0) store<f64>(e, flush<f64>(load<f64>(e) / s - off));
}
