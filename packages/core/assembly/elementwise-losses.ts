import { atLeast, atMost, sign } from './choose';
import { exp } from './exp';
import { flush } from './flush';
import {
  bytes, LANES, lane0, lane1, lane2, lane3, loadFirst, minus, over, plus, splat, storeFirst, times,
} from './lanes';
import { log1p } from './log1p';
import { sigmoid } from './sigmoid';

// A loss is a class of two formulas, ℓ(y, t) and ∂ℓ/∂y. No object of it is made: L only names the formulas to the
// compiler, which inlines them.

/**
 * Σₙ (Σₒ ℓ(y, t)) / divisor and dy = flush(∂ℓ/∂y / divisor), in the lanes of src/families/losses/elementwise.ts.
 * Overwrites `lossSums`, with a sum for each leaf of `leaf` rows, and `dy`, which may be `y`.
 */
@inline function evaluate<L>(
  lossSums: usize, dy: usize, y: usize, t: usize, B: i32, leaf: i32, O: i32, divisor: Real, parameter: f64 = 0,
): void {
  const row = bytes(O);
  for (; B > 0; B -= leaf, lossSums += 8) {
    const n = min(B, leaf);
    const size = bytes(n * O);
    let total: f64 = 0;
    if (O == 1) total = columnLoss<L>(dy, y, t, n, <Real>parameter);
    else for (let i: usize = 0; i < size; i += row) {
      total += <f64>rowLoss<L>(dy + i, y + i, t + i, O, divisor, <Real>parameter);
    }
    store<f64>(lossSums, total);
    dy += size;
    y += size;
    t += size;
  }
}

/** The losses of n rows of one output, a vector of rows at a time. Each is the row's only term: its divisor is 1. */
function columnLoss<L>(dy: usize, y: usize, t: usize, n: i32, parameter: Real): f64 {
  const one = splat<v128>(1);
  let total: f64 = 0;
  for (; n >= LANES; n -= LANES, dy += 16, y += 16, t += 16) {
    total = plusEach(total, terms<L>(dy, y, t, LANES, one, parameter), LANES);
  }
  return n > 0 ? plusEach(total, terms<L>(dy, y, t, n, one, parameter), n) : total;
}

/** `total` and the first n losses, added in their order. */
@inline function plusEach(total: f64, losses: v128, n: i32): f64 {
  total += <f64>lane0(losses, losses);
  if (n > 1) total += <f64>lane1(losses, losses);
  if (n > 2) total += <f64>lane2(losses, losses);
  if (n > 3) total += <f64>lane3(losses, losses);
  return total;
}

function rowLoss<L>(dy: usize, y: usize, t: usize, O: i32, divisor: Real, parameter: Real): Real {
  const divisors = splat<v128>(divisor);
  let low = splat<v128>(0);
  let high = splat<v128>(0);
  for (; O >= LANES; O -= LANES, dy += 16, y += 16, t += 16) {
    const sums = plus(low, terms<L>(dy, y, t, LANES, divisors, parameter));
    // Two doubles are added to each pair of lanes in turn. To join the lanes it does not matter which pair is first.
    low = LANES == 4 ? sums : high;
    high = sums;
  }
  let l0 = lane0(low, high);
  let l1 = lane1(low, high);
  let l2 = lane2(low, high);
  const l3 = lane3(low, high);
  if (O > 0) {
    const last = terms<L>(dy, y, t, O, divisors, parameter);
    l0 += lane0(last, last);
    if (O > 1) l1 += lane1(last, last);
    if (O > 2) l2 += lane2(last, last);
  }
  return (l0 + l1 + (l2 + l3)) / divisor;
}

/** ℓ of n outputs, up to a vector. Overwrites their `dy`. */
@inline function terms<L>(dy: usize, y: usize, t: usize, n: i32, divisors: v128, parameter: Real): v128 {
  const loss = changetype<L>(0);
  const outputs = loadFirst(y, n);
  const targets = loadFirst(t, n);
  storeFirst(dy, flush<v128>(over(loss.slope(outputs, targets, parameter), divisors)), n);
  return loss.term(outputs, targets, parameter);
}

@unmanaged class Mse {
  @inline term(y: v128, t: v128, _: Real): v128 { return times(minus(y, t), minus(y, t)); }
  @inline slope(y: v128, t: v128, _: Real): v128 { return times(splat<v128>(2), minus(y, t)); }
}

@unmanaged class Quadratic {
  @inline term(y: v128, t: v128, _: Real): v128 { return halfSquare(minus(y, t)); }
  @inline slope(y: v128, t: v128, _: Real): v128 { return minus(y, t); }
}

@unmanaged class Mae {
  @inline term(y: v128, t: v128, _: Real): v128 { return v128.abs<Real>(minus(y, t)); }
  @inline slope(y: v128, t: v128, _: Real): v128 { return sign(minus(y, t)); }
}

@unmanaged class Huber {
  @inline term(y: v128, t: v128, delta: Real): v128 {
    const size = v128.abs<Real>(minus(y, t));
    const limit = splat<v128>(delta);
    const linear = times(limit, minus(size, times(splat<v128>(0.5), limit)));
    return v128.bitselect(linear, halfSquare(size), v128.gt<Real>(size, limit));
  }

  @inline slope(y: v128, t: v128, delta: Real): v128 { return atLeast(atMost(minus(y, t), delta), -delta); }
}

@unmanaged class BinaryCrossEntropy {
  @inline term(y: v128, t: v128, _: Real): v128 {
    const one = v128.and(splat<v128>(1), v128.gt<Real>(y, splat<v128>(0)));
    return plus(times(y, minus(one, t)), log1p(exp(v128.neg<Real>(v128.abs<Real>(y)))));
  }

  @inline slope(y: v128, t: v128, _: Real): v128 { return minus(sigmoid(y), t); }
}

@inline function halfSquare(d: v128): v128 {
  return times(times(splat<v128>(0.5), d), d);
}

export function mse(lossSums: usize, dy: usize, y: usize, t: usize, B: i32, leaf: i32, O: i32): void {
  evaluate<Mse>(lossSums, dy, y, t, B, leaf, O, <Real>O);
}

export function quadratic(lossSums: usize, dy: usize, y: usize, t: usize, B: i32, leaf: i32, O: i32): void {
  evaluate<Quadratic>(lossSums, dy, y, t, B, leaf, O, 1);
}

export function mae(lossSums: usize, dy: usize, y: usize, t: usize, B: i32, leaf: i32, O: i32): void {
  evaluate<Mae>(lossSums, dy, y, t, B, leaf, O, <Real>O);
}

export function huber(lossSums: usize, dy: usize, y: usize, t: usize, B: i32, leaf: i32, O: i32, delta: f64): void {
  evaluate<Huber>(lossSums, dy, y, t, B, leaf, O, <Real>O, delta);
}

export function binaryCrossEntropy(lossSums: usize, dy: usize, y: usize, t: usize, B: i32, leaf: i32, O: i32): void {
  evaluate<BinaryCrossEntropy>(lossSums, dy, y, t, B, leaf, O, <Real>O);
}
