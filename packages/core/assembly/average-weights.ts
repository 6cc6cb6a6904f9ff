import { flush } from './flush';
import { LANES, loadRest, loadRounded, plus, splat, storeRest, times } from './lanes';

/** average = (1 - s) · average + s · theta, as in src/program/reference/average-weights.ts. Overwrites `average`. */
export function averageWeights(average: usize, theta: usize, n: i32, share: usize): void {
  const own = loadRounded(share);
  const s = splat<v128>(own);
  const rest = splat<v128>(1 - own);
  for (; n >= LANES; n -= LANES, average += 16, theta += 16) {
    store<v128>(average, flush<v128>(plus(times(rest, load<v128>(average)), times(s, load<v128>(theta)))));
  }
  if (n == 0) return;
  const last = plus(times(rest, loadRest(average, n)), times(s, loadRest(theta, n)));
  storeRest(average, flush<v128>(last), n);
}
