import { loadFirst, minus, over, plus, root, storeFirst, times } from './lanes';
import { decayed, moment, update, updateOfMean } from './updates';

/** θ - lr·u; hyper = lr, ρ, 1-ρ, ε, momentum, weightDecay. */
@unmanaged class Rmsprop {
  @inline scalars(): i32 { return 6; }

  @inline step(
    theta: usize, g: v128, v: usize, _q: usize, n: i32,
    lr: v128, decay: v128, rest: v128, epsilon: v128, _momentum: v128, lambda: v128, _6: v128, _7: v128,
  ): void {
    const old = loadFirst(theta, n);
    const u = scaled(decayed(g, lambda, old), v, n, decay, rest, epsilon);
    storeFirst(theta, minus(old, times(lr, u)), n);
  }
}

/** m = flush(momentum·m + u); θ - lr·m; hyper as in Rmsprop. */
@unmanaged class RmspropMomentum {
  @inline scalars(): i32 { return 6; }

  @inline step(
    theta: usize, g: v128, v: usize, m: usize, n: i32,
    lr: v128, decay: v128, rest: v128, epsilon: v128, momentum: v128, lambda: v128, _6: v128, _7: v128,
  ): void {
    const old = loadFirst(theta, n);
    const u = scaled(decayed(g, lambda, old), v, n, decay, rest, epsilon);
    storeFirst(theta, minus(old, times(lr, moment(momentum, m, u, n))), n);
  }
}

/** v = flush(ρv + ((1-ρ)d)d). Returns u = d / (√v + ε). Overwrites `v`. */
@inline function scaled(d: v128, v: usize, n: i32, decay: v128, rest: v128, epsilon: v128): v128 {
  return over(d, plus(root<v128>(moment(decay, v, times(times(rest, d), d), n)), epsilon));
}

export function rmsprop(theta: usize, g: usize, v: usize, n: i32, hyper: usize): void {
  update<Rmsprop>(theta, g, v, 0, n, hyper);
}

export function rmspropOfMean(
  square: usize, theta: usize, v: usize, n: i32, hyper: usize, rows: usize, row: usize, S: i32, share: usize,
): void {
  updateOfMean<Rmsprop>(square, theta, v, 0, n, hyper, rows, row, S, share);
}

export function rmspropMomentum(theta: usize, g: usize, v: usize, m: usize, n: i32, hyper: usize): void {
  update<RmspropMomentum>(theta, g, v, m, n, hyper);
}

export function rmspropMomentumOfMean(
  square: usize, theta: usize, v: usize, m: usize, n: i32, hyper: usize, rows: usize, row: usize, S: i32, share: usize,
): void {
  updateOfMean<RmspropMomentum>(square, theta, v, m, n, hyper, rows, row, S, share);
}
