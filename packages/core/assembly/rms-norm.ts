import { flush } from './flush';
import { bytes, LANES, loadSplat, minus, plus, splat, times } from './lanes';
import { total } from './layer-norm';
import { SCALED, sumRows, takeSums } from './sum-rows';

/**
 * y[B,size] = γ · x̂ with x̂ = x · s and s = 1 / √(m + ε), in the lanes of src/program/reference/rms-norm.ts.
 * Overwrites `y` and `scales`.
 */
export function rmsNormForward(
  y: usize, scales: usize, x: usize, gamma: usize, B: i32, size: i32, epsilon: f64,
): void {
  const row = bytes(size);
  const whole = bytes(size & -LANES);
  for (; B > 0; B--, y += row, x += row, scales += bytes(1)) {
    store<Real>(scales, 1 / sqrt<Real>(squaresOf(x, size) / <Real>size + <Real>epsilon));
    let at: usize = 0;
    for (; at < whole; at += 16) {
      store<v128>(y + at, times(load<v128>(gamma + at), times(load<v128>(x + at), loadSplat<v128>(scales))));
    }
    for (; at < row; at += bytes(1)) {
      store<Real>(y + at, load<Real>(gamma + at) * (load<Real>(x + at) * load<Real>(scales)));
    }
  }
}

/** Σ x · x over a row, in four lanes. */
function squaresOf(x: usize, size: i32): Real {
  let low = splat<v128>(0);
  let high = low;
  for (; size >= 4; size -= 4, x += bytes(4)) {
    low = plus(low, square<v128>(x));
    if (LANES == 2) high = plus(high, square<v128>(x + 16));
  }
  const t0 = size > 0 ? square<Real>(x) : 0;
  const t1 = size > 1 ? square<Real>(x + bytes(1)) : 0;
  const t2 = size > 2 ? square<Real>(x + bytes(2)) : 0;
  return total(low, high, t0, t1, t2);
}

@inline function square<T>(x: usize): T {
  const value = load<T>(x);
  return times(value, value);
}

/** dγ[size] = Σ dy · x̂ over B rows of R positions. Overwrites `dGamma`, or adds to it if `joins`, and `sums`. */
export function rmsNormBackwardWeights(
  dGamma: usize, sums: usize, dy: usize, x: usize, scales: usize, B: i32, leaf: i32, joins: i32, R: i32, size: i32,
): void {
  sumRows(SCALED, sums, dy, x, scales, scales, B, leaf, R, size);
  takeSums(dGamma, sums, joins, size);
}

/** dx[B,size] = flush(s · (g - x̂ · m)) with g = dy · γ, and m the mean of g · x̂ over a row. Overwrites `dx`. */
export function rmsNormBackwardInput(
  dx: usize, dy: usize, x: usize, scales: usize, gamma: usize, B: i32, size: i32,
): void {
  const row = bytes(size);
  const whole = bytes(size & -LANES);
  for (; B > 0; B--, dx += row, dy += row, x += row, scales += bytes(1)) {
    const scale = load<Real>(scales);
    const slope = slopeOf(dy, x, gamma, scale, size) / <Real>size;
    const scaleLanes = splat<v128>(scale);
    const slopeLanes = splat<v128>(slope);
    let at: usize = 0;
    for (; at < whole; at += 16) {
      store<v128>(dx + at, gradient<v128>(dy + at, x + at, gamma + at, scaleLanes, slopeLanes));
    }
    for (; at < row; at += bytes(1)) store<Real>(dx + at, gradient<Real>(dy + at, x + at, gamma + at, scale, slope));
  }
}

@inline function gradient<T>(dy: usize, x: usize, gamma: usize, scale: T, slope: T): T {
  const g = times(load<T>(dy), load<T>(gamma));
  return flush<T>(times(scale, minus(g, times(times(load<T>(x), scale), slope))));
}

/** Σ g · x̂ over a row, in four lanes. */
function slopeOf(dy: usize, x: usize, gamma: usize, scale: Real, size: i32): Real {
  const scales = splat<v128>(scale);
  let low = splat<v128>(0);
  let high = low;
  for (; size >= 4; size -= 4, dy += bytes(4), x += bytes(4), gamma += bytes(4)) {
    low = plus(low, product<v128>(dy, x, gamma, scales));
    if (LANES == 2) high = plus(high, product<v128>(dy + 16, x + 16, gamma + 16, scales));
  }
  const t0 = size > 0 ? product<Real>(dy, x, gamma, scale) : 0;
  const t1 = size > 1 ? product<Real>(dy + bytes(1), x + bytes(1), gamma + bytes(1), scale) : 0;
  const t2 = size > 2 ? product<Real>(dy + bytes(2), x + bytes(2), gamma + bytes(2), scale) : 0;
  return total(low, high, t0, t1, t2);
}

/** g · x̂. */
@inline function product<T>(dy: usize, x: usize, gamma: usize, scale: T): T {
  return times(times(load<T>(dy), load<T>(gamma)), times(load<T>(x), scale));
}
