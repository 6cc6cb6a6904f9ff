import { exp } from './exp';
import { flush } from './flush';
import { bytes, LANES, lane0, lane1, lane2, lane3, loadRest, minus, over, plus, splat, storeRest } from './lanes';
import { log } from './log';

/**
 * Σₙ log Σₒ e^y[n,o] - y[n,t[n]] and dy[n,o] = softmax(y[n])[o] - [o = t[n]], as in
 * src/families/losses/softmax-cross-entropy.ts. Overwrites `lossSums`, with a sum for each leaf of `leaf` rows, and
 * `dy`, which may be `y`.
 */
export function softmaxCrossEntropy(
  lossSums: usize, dy: usize, y: usize, t: usize, B: i32, leaf: i32, O: i32,
): void {
  const row = bytes(O);
  for (; B > 0; B -= leaf, lossSums += 8) {
    let total: f64 = 0;
    for (let n = min(B, leaf); n > 0; n--, dy += row, y += row, t += bytes(1)) total += <f64>rowLoss(dy, y, t, O);
    store<f64>(lossSums, total);
  }
}

function rowLoss(dy: usize, y: usize, t: usize, O: i32): Real {
  const target = bytes(<i32>load<Real>(t));
  const m = maximum(y, O);
  const cTarget = load<Real>(y + target) - m; // read before dy is written, which may be y
  exponentials(dy, y, O, m);
  const s = sum(dy, O);
  const probability = load<Real>(dy + target) / s;
  divide(dy, O, s);
  store<Real>(dy + target, flush<Real>(probability - 1));
  return log(s) - cTarget;
}

/**
 * Σₙ log Σₒ e^c[n,o] - (1 - smoothing) c[n,t[n]] - smoothing/O Σₒ c[n,o], where c = y - max y, and dy[n,o] =
 * softmax(y[n])[o] minus the smoothed target. Arguments are as in `softmaxCrossEntropy`.
 */
export function smoothedCrossEntropy(
  lossSums: usize, dy: usize, y: usize, t: usize, B: i32, leaf: i32, O: i32, smoothing: f64,
): void {
  const row = bytes(O);
  for (; B > 0; B -= leaf, lossSums += 8) {
    let total: f64 = 0;
    for (let n = min(B, leaf); n > 0; n--, dy += row, y += row, t += bytes(1)) {
      total += <f64>smoothedRow(dy, y, t, O, <Real>smoothing);
    }
    store<f64>(lossSums, total);
  }
}

function smoothedRow(dy: usize, y: usize, t: usize, O: i32, smoothing: Real): Real {
  const target = bytes(<i32>load<Real>(t));
  belowMaximum(dy, y, O);
  const cTarget = load<Real>(dy + target);
  const cSum = sum(dy, O);
  exponentials(dy, dy, O, 0);
  const s = sum(dy, O);
  const off = smoothing / <Real>O;
  const probability = load<Real>(dy + target) / s;
  divideMinus(dy, O, s, off);
  store<Real>(dy + target, flush<Real>(probability - (1 - smoothing + off)));
  return log(s) - (1 - smoothing) * cTarget - off * cSum;
}

/** max y[o], in four lanes o mod 4 that start at -∞ and take greater values. */
export function maximum(y: usize, O: i32): Real {
  let low = splat<v128>(-Infinity);
  let high = splat<v128>(-Infinity);
  for (; O >= 4; O -= 4, y += bytes(4)) {
    low = v128.pmax<Real>(low, load<v128>(y));
    if (LANES == 2) high = v128.pmax<Real>(high, load<v128>(y, 16));
  }
  let l0 = lane0(low, high);
  let l1 = lane1(low, high);
  let l2 = lane2(low, high);
  const l3 = lane3(low, high);
  if (O > 0) l0 = greater(load<Real>(y), l0);
  if (O > 1) l1 = greater(load<Real>(y + bytes(1)), l1);
  if (O > 2) l2 = greater(load<Real>(y + bytes(2)), l2);
  return greater(greater(l3, l2), greater(l1, l0));
}

/** z if it is greater, else lane. So a lane never becomes NaN. */
@inline function greater(z: Real, lane: Real): Real {
  return z > lane ? z : lane;
}

/** c[o] = y[o] - max y. Overwrites `c`, which may be `y`. */
function belowMaximum(c: usize, y: usize, O: i32): void {
  const maxima = splat<v128>(maximum(y, O));
  for (; O >= LANES; O -= LANES, c += 16, y += 16) store<v128>(c, minus(load<v128>(y), maxima));
  if (O > 0) storeRest(c, minus(loadRest(y, O), maxima), O);
}

/** e[o] = e^(y[o] - m). Overwrites `e`, which may be `y`. */
export function exponentials(e: usize, y: usize, O: i32, m: Real): void {
  const maxima = splat<v128>(m);
  for (; O >= LANES; O -= LANES, e += 16, y += 16) store<v128>(e, exp(minus(load<v128>(y), maxima)));
  if (O > 0) storeRest(e, exp(minus(loadRest(y, O), maxima)), O);
}

/** Σ e[o] in four lanes o mod 4, joined (l₀ + l₁) + (l₂ + l₃). */
export function sum(e: usize, O: i32): Real {
  let low = splat<v128>(0);
  let high = splat<v128>(0);
  for (; O >= 4; O -= 4, e += bytes(4)) {
    low = plus(low, load<v128>(e));
    if (LANES == 2) high = plus(high, load<v128>(e, 16));
  }
  let l0 = lane0(low, high);
  let l1 = lane1(low, high);
  let l2 = lane2(low, high);
  const l3 = lane3(low, high);
  if (O > 0) l0 += load<Real>(e);
  if (O > 1) l1 += load<Real>(e + bytes(1));
  if (O > 2) l2 += load<Real>(e + bytes(2));
  return l0 + l1 + (l2 + l3);
}

/** e[o] = flush(e[o] / s). Overwrites `e`. */
export function divide(e: usize, O: i32, s: Real): void {
  const sums = splat<v128>(s);
  for (; O >= LANES; O -= LANES, e += 16) store<v128>(e, flush<v128>(over(load<v128>(e), sums)));
  if (O > 0) storeRest(e, flush<v128>(over(loadRest(e, O), sums)), O);
}

/** e[o] = flush(e[o] / s - off). Overwrites `e`. */
function divideMinus(e: usize, O: i32, s: Real, off: Real): void {
  const sums = splat<v128>(s);
  const offs = splat<v128>(off);
  for (; O >= LANES; O -= LANES, e += 16) store<v128>(e, flush<v128>(minus(over(load<v128>(e), sums), offs)));
  if (O > 0) storeRest(e, flush<v128>(minus(over(loadRest(e, O), sums), offs)), O);
}
