import { loadFirst, minus, plus, storeFirst, times } from './lanes';
import { decayed, isNot0, moment, update, updateOfMean } from './updates';

/** θ - lr·d; hyper = lr, momentum, nesterov, weightDecay. */
@unmanaged class Sgd {
  @inline scalars(): i32 { return 4; }

  @inline step(
    theta: usize, g: v128, _p: usize, _q: usize, n: i32,
    lr: v128, _momentum: v128, _nesterov: v128, lambda: v128, _4: v128, _5: v128, _6: v128, _7: v128,
  ): void {
    const old = loadFirst(theta, n);
    storeFirst(theta, minus(old, times(lr, decayed(g, lambda, old))), n);
  }
}

/** m = flush(momentum·m + d); θ - lr·m, or with nesterov θ - lr·(d + momentum·m); hyper as in Sgd. */
@unmanaged class SgdMomentum {
  @inline scalars(): i32 { return 4; }

  @inline step(
    theta: usize, g: v128, p: usize, _q: usize, n: i32,
    lr: v128, momentum: v128, nesterov: v128, lambda: v128, _4: v128, _5: v128, _6: v128, _7: v128,
  ): void {
    const old = loadFirst(theta, n);
    const d = decayed(g, lambda, old);
    const m = moment(momentum, p, d, n);
    storeFirst(theta, minus(old, times(lr, isNot0(nesterov) ? plus(d, times(momentum, m)) : m)), n);
  }
}

export function sgd(theta: usize, g: usize, n: i32, hyper: usize): void {
  update<Sgd>(theta, g, 0, 0, n, hyper);
}

export function sgdOfMean(
  square: usize, theta: usize, n: i32, hyper: usize, rows: usize, row: usize, S: i32, share: usize,
): void {
  updateOfMean<Sgd>(square, theta, 0, 0, n, hyper, rows, row, S, share);
}

export function sgdMomentum(theta: usize, g: usize, m: usize, n: i32, hyper: usize): void {
  update<SgdMomentum>(theta, g, m, 0, n, hyper);
}

export function sgdMomentumOfMean(
  square: usize, theta: usize, m: usize, n: i32, hyper: usize, rows: usize, row: usize, S: i32, share: usize,
): void {
  updateOfMean<SgdMomentum>(square, theta, m, 0, n, hyper, rows, row, S, share);
}
