import { plus, times } from './lanes';

/** sum[i] += term[i]. Overwrites `sum`. */
export function add(sum: usize, term: usize, n: i32): void {
  for (; n >= 2; n -= 2) {
    store<v128>(sum, plus(load<v128>(sum), load<v128>(term)));
    sum += 16;
    term += 16;
  }
  if (n > 0) store<f64>(sum, load<f64>(sum) + load<f64>(term));
}

/** g[i] *= factor. Overwrites `g`. */
export function scale(g: usize, n: i32, factor: usize): void {
  if (load<f64>(factor) == 1) return;
  const factors = v128.load_splat<f64>(factor);
  for (; n >= 2; n -= 2) {
    store<v128>(g, times(load<v128>(g), factors));
    g += 16;
  }
  if (n > 0) store<f64>(g, load<f64>(g) * load<f64>(factor));
}
