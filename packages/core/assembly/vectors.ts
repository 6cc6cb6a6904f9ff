import { times, splat } from './lanes';

/** Σ g[i]², in four lanes i mod 4, joined (l₀ + l₁) + (l₂ + l₃). */
export function sumOfSquares(g: usize, n: i32): f64 {
  let low = splat<v128>(0); // l₀, l₁
  let high = splat<v128>(0); // l₂, l₃
  for (; n >= 4; n -= 4) {
    const g01 = v128.load(g);
    const g23 = v128.load(g, 16);
    low = f64x2.add(low, f64x2.mul(g01, g01));
    high = f64x2.add(high, f64x2.mul(g23, g23));
    g += 32;
  }
  let l0 = f64x2.extract_lane(low, 0);
  let l1 = f64x2.extract_lane(low, 1);
  let l2 = f64x2.extract_lane(high, 0);
  const l3 = f64x2.extract_lane(high, 1);
  if (n > 0) l0 += load<f64>(g) * load<f64>(g);
  if (n > 1) l1 += load<f64>(g, 8) * load<f64>(g, 8);
  if (n > 2) l2 += load<f64>(g, 16) * load<f64>(g, 16);
  return l0 + l1 + (l2 + l3);
}

/** g[i] *= factor. Overwrites `g`. */
export function scale(g: usize, n: i32, factor: f64): void {
  const factors = splat<v128>(factor);
  for (; n >= 2; n -= 2) {
    store<v128>(g, times(load<v128>(g), factors));
    g += 16;
  }
  if (n > 0) store<f64>(g, load<f64>(g) * factor);
}
