import { flush } from './flush';
import { bytes, LANES, lane0, lane1, lane2, lane3, minus, over, plus, splat, times } from './lanes';

/**
 * Σₙ (Σₒ (y - t)²) / O and dy = flush(2(y - t) / O), in the lanes of src/families/losses/elementwise.ts. Overwrites
 * `lossSums`, with a sum for each leaf of `leaf` rows, and `dy`, which may be `y`.
 */
export function mse(lossSums: usize, dy: usize, y: usize, t: usize, B: i32, leaf: i32, O: i32): void {
  const row = bytes(O);
  for (; B > 0; B -= leaf, lossSums += 8) {
    let total: f64 = 0;
    for (let n = min(B, leaf); n > 0; n--, dy += row, y += row, t += row) total += <f64>rowLoss(dy, y, t, O);
    store<f64>(lossSums, total);
  }
}

function rowLoss(dy: usize, y: usize, t: usize, O: i32): Real {
  const divisor = <Real>O;
  let low = splat<v128>(0);
  let high = splat<v128>(0);
  for (; O >= 4; O -= 4, dy += bytes(4), y += bytes(4), t += bytes(4)) {
    low = plus(low, square<v128>(dy, y, t, splat<v128>(divisor)));
    if (LANES == 2) high = plus(high, square<v128>(dy + 16, y + 16, t + 16, splat<v128>(divisor)));
  }
  let l0 = lane0(low, high);
  let l1 = lane1(low, high);
  let l2 = lane2(low, high);
  const l3 = lane3(low, high);
  if (O > 0) l0 += square<Real>(dy, y, t, divisor);
  if (O > 1) l1 += square<Real>(dy + bytes(1), y + bytes(1), t + bytes(1), divisor);
  if (O > 2) l2 += square<Real>(dy + bytes(2), y + bytes(2), t + bytes(2), divisor);
  return (l0 + l1 + (l2 + l3)) / divisor;
}

/** (y - t)². Overwrites `dy`. */
@inline function square<T>(dy: usize, y: usize, t: usize, divisor: T): T {
  const d = minus(load<T>(y), load<T>(t));
  store<T>(dy, flush<T>(over(times(splat<T>(2), d), divisor)));
  return times(d, d);
}
