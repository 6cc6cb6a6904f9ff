import { flush } from './flush';
import { loadFirst, minus, over, plus, root, storeFirst, times } from './lanes';
import { decayed, update, updateOfMean } from './updates';

/** v = flush(v + d·d); θ - (lr·d) / (√v + ε); hyper = lr, ε, weightDecay. */
@unmanaged class Adagrad {
  @inline scalars(): i32 { return 3; }

  @inline step(
    theta: usize, g: v128, p: usize, _q: usize, n: i32,
    lr: v128, epsilon: v128, lambda: v128, _3: v128, _4: v128, _5: v128, _6: v128, _7: v128,
  ): void {
    const old = loadFirst(theta, n);
    const d = decayed(g, lambda, old);
    const v = flush<v128>(plus(loadFirst(p, n), times(d, d)));
    storeFirst(p, v, n);
    storeFirst(theta, minus(old, over(times(lr, d), plus(root<v128>(v), epsilon))), n);
  }
}

export function adagrad(theta: usize, g: usize, v: usize, n: i32, hyper: usize): void {
  update<Adagrad>(theta, g, v, 0, n, hyper);
}

export function adagradOfMean(
  square: usize, theta: usize, v: usize, n: i32, hyper: usize, rows: usize, row: usize, S: i32, share: usize,
): void {
  updateOfMean<Adagrad>(square, theta, v, 0, n, hyper, rows, row, S, share);
}
