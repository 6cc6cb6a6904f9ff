import { times, splat } from './lanes';

/** g[i] *= factor. Overwrites `g`. */
export function scale(g: usize, n: i32, factor: usize): void {
  const factors = v128.load_splat<f64>(factor);
  for (; n >= 2; n -= 2) {
    store<v128>(g, times(load<v128>(g), factors));
    g += 16;
  }
  if (n > 0) store<f64>(g, load<f64>(g) * load<f64>(factor));
}
