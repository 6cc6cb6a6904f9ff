import { flush } from './flush';
import { loadOne, plus, splat, storeOne, times } from './lanes';

/** average = (1 - s) · average + s · theta, as src/program/reference/average-weights.ts. Overwrites `average`. */
export function averageWeights(average: usize, theta: usize, n: i32, share: usize): void {
  const s = v128.load_splat<f64>(share);
  const rest = splat<v128>(1 - load<f64>(share));
  for (; n >= 2; n -= 2, average += 16, theta += 16) {
    store<v128>(average, flush<v128>(plus(times(rest, load<v128>(average)), times(s, load<v128>(theta)))));
  }
  if (n > 0) storeOne(average, flush<v128>(plus(times(rest, loadOne(average)), times(s, loadOne(theta)))));
}
