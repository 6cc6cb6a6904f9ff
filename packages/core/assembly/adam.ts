import { loadFirst, minus, over, plus, root, storeFirst, times } from './lanes';
import { decayed, moment, update, updateOfMean } from './updates';

/** θ - step; hyper = β₁, 1-β₁, β₂, 1-β₂, stepSize, invRootC2, ε, weightDecay. */
@unmanaged class Adam {
  @inline scalars(): i32 { return 8; }

  @inline step(
    theta: usize, g: v128, m: usize, v: usize, n: i32,
    beta1: v128, rest1: v128, beta2: v128, rest2: v128, stepSize: v128, invRootC2: v128, epsilon: v128, lambda: v128,
  ): void {
    const old = loadFirst(theta, n);
    const d = decayed(g, lambda, old);
    const change = momentStep(d, m, v, n, beta1, rest1, beta2, rest2, stepSize, invRootC2, epsilon);
    storeFirst(theta, minus(old, change), n);
  }
}

/** decay·θ - step; hyper as in Adam, but the last is decay = 1 - lr·weightDecay. */
@unmanaged class Adamw {
  @inline scalars(): i32 { return 8; }

  @inline step(
    theta: usize, g: v128, m: usize, v: usize, n: i32,
    beta1: v128, rest1: v128, beta2: v128, rest2: v128, stepSize: v128, invRootC2: v128, epsilon: v128, decay: v128,
  ): void {
    const change = momentStep(g, m, v, n, beta1, rest1, beta2, rest2, stepSize, invRootC2, epsilon);
    storeFirst(theta, minus(times(loadFirst(theta, n), decay), change), n);
  }
}

/**
 * m = flush(β₁m + (1-β₁)d); v = flush(β₂v + ((1-β₂)d)d). Returns (stepSize·m) / (√v·invRootC2 + ε). Overwrites `m` and
 * `v`.
 */
@inline function momentStep(
  d: v128, m: usize, v: usize, n: i32,
  beta1: v128, rest1: v128, beta2: v128, rest2: v128, stepSize: v128, invRootC2: v128, epsilon: v128,
): v128 {
  const mNew = moment(beta1, m, times(rest1, d), n);
  const vNew = moment(beta2, v, times(times(rest2, d), d), n);
  return over(times(stepSize, mNew), plus(times(root<v128>(vNew), invRootC2), epsilon));
}

export function adam(theta: usize, g: usize, m: usize, v: usize, n: i32, hyper: usize): void {
  update<Adam>(theta, g, m, v, n, hyper);
}

export function adamOfMean(
  square: usize, theta: usize, m: usize, v: usize, n: i32, hyper: usize, rows: usize, row: usize, S: i32, share: usize,
): void {
  updateOfMean<Adam>(square, theta, m, v, n, hyper, rows, row, S, share);
}

export function adamw(theta: usize, g: usize, m: usize, v: usize, n: i32, hyper: usize): void {
  update<Adamw>(theta, g, m, v, n, hyper);
}

export function adamwOfMean(
  square: usize, theta: usize, m: usize, v: usize, n: i32, hyper: usize, rows: usize, row: usize, S: i32, share: usize,
): void {
  updateOfMean<Adamw>(square, theta, m, v, n, hyper, rows, row, S, share);
}
