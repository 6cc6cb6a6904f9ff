import { flush } from './flush';
import { bytes, minus, over, plus, splat, times } from './lanes';

/**
 * Σₙ (Σₒ (y - t)²) / O and dy = flush(2(y - t) / O), lanes as src/model/losses/elementwise.ts. Overwrites `lossSums`,
 * one of each leaf of `leaf` rows, and `dy`, which may be `y`.
 */
export function mse(lossSums: usize, dy: usize, y: usize, t: usize, B: i32, leaf: i32, O: i32): void {
  const row = bytes(O);
  for (; B > 0; B -= leaf, lossSums += 8) {
    let total: f64 = 0;
    for (let n = min(B, leaf); n > 0; n--, dy += row, y += row, t += row) total += rowLoss(dy, y, t, O);
    store<f64>(lossSums, total);
  }
}

function rowLoss(dy: usize, y: usize, t: usize, O: i32): f64 {
  const divisor = <f64>O;
  let low = splat<v128>(0); // l₀, l₁
  let high = splat<v128>(0); // l₂, l₃
  for (; O >= 4; O -= 4, dy += 32, y += 32, t += 32) {
    low = plus(low, square<v128>(dy, y, t, splat<v128>(divisor)));
    high = plus(high, square<v128>(dy + 16, y + 16, t + 16, splat<v128>(divisor)));
  }
  let l0 = f64x2.extract_lane(low, 0);
  let l1 = f64x2.extract_lane(low, 1);
  let l2 = f64x2.extract_lane(high, 0);
  const l3 = f64x2.extract_lane(high, 1);
  if (O > 0) l0 += square<f64>(dy, y, t, divisor);
  if (O > 1) l1 += square<f64>(dy + 8, y + 8, t + 8, divisor);
  if (O > 2) l2 += square<f64>(dy + 16, y + 16, t + 16, divisor);
  return (l0 + l1 + (l2 + l3)) / divisor;
}

/** (y - t)²; overwrites `dy`. */
@inline function square<T>(dy: usize, y: usize, t: usize, divisor: T): T {
  const d = minus(load<T>(y), load<T>(t));
  store<T>(dy, flush<T>(over(times(splat<T>(2), d), divisor)));
  return times(d, d);
}
