import { sign } from './choose';
import { loadFirst, minus, plus, storeFirst, times } from './lanes';
import { moment, update, updateOfMean } from './updates';

/**
 * decay·θ - lr·sign(β₁m + (1-β₁)g); m = flush(β₂m + (1-β₂)g); hyper = lr, β₁, 1-β₁, β₂, 1-β₂, decay = 1 -
 * lr·weightDecay.
 */
@unmanaged class Lion {
  @inline scalars(): i32 { return 6; }

  @inline step(
    theta: usize, g: v128, m: usize, _q: usize, n: i32,
    lr: v128, beta1: v128, rest1: v128, beta2: v128, rest2: v128, decay: v128, _6: v128, _7: v128,
  ): void {
    const c = plus(times(beta1, loadFirst(m, n)), times(rest1, g));
    storeFirst(theta, minus(times(loadFirst(theta, n), decay), times(lr, sign(c))), n);
    moment(beta2, m, times(rest2, g), n);
  }
}

export function lion(theta: usize, g: usize, m: usize, n: i32, hyper: usize): void {
  update<Lion>(theta, g, m, 0, n, hyper);
}

export function lionOfMean(
  square: usize, theta: usize, m: usize, n: i32, hyper: usize, rows: usize, row: usize, S: i32, share: usize,
): void {
  updateOfMean<Lion>(square, theta, m, 0, n, hyper, rows, row, S, share);
}
