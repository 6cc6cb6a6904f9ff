import { flush } from './flush';
import { bytes, LANES, loadFirst, loadRest, over, plus, splat, storeFirst, storeRest, times } from './lanes';
import { PLAIN, sumRows } from './sum-rows';
import { copy, fill } from './vectors';
import { outputsOf } from './windows';

// Same bits as src/program/reference/pooling.ts, with the lanes of max-pool.ts. Averages of windows and of whole rows,
// and the sums of an upsampling's gradient.

/** y = the sum of each window / (KY · KX). Overwrites `y`. */
export function avgPoolForward(
  y: usize, x: usize, B: i32, H: i32, V: i32, C: i32, KY: i32, KX: i32, strideY: i32, strideX: i32, top: i32, left: i32,
): void {
  const OH = outputsOf(H, KY, strideY, top);
  const OV = outputsOf(V, KX, strideX, left);
  const pixel = bytes(C);
  const isFactor = powerOfTwo(KY * KX);
  const divisor: Real = isFactor ? 1 / <Real>(KY * KX) : <Real>(KY * KX);
  for (; B > 0; B--, x += bytes(H * V * C)) {
    for (let oy = 0, iy = -top; oy < OH; oy++, iy += strideY) {
      const firstY = max(0, iy);
      const rows = min(H, iy + KY) - firstY;
      for (let ox = 0, ix = -left; ox < OV; ox++, ix += strideX, y += pixel) {
        const firstX = max(0, ix);
        const columns = min(V, ix + KX) - firstX;
        const skip = bytes((V - columns) * C);
        meanOf(false, y, x + bytes((firstY * V + firstX) * C), rows, columns, skip, pixel, C, divisor, isFactor);
      }
    }
  }
}

/** dx = the sum of dy of the windows that read an input / (KY · KX), flushed. Overwrites `dx`. */
export function avgPoolBackward(
  dx: usize, dy: usize, B: i32, H: i32, V: i32, C: i32, KY: i32, KX: i32, strideY: i32, strideX: i32, top: i32,
  left: i32,
): void {
  const OH = outputsOf(H, KY, strideY, top);
  const OV = outputsOf(V, KX, strideX, left);
  const pixel = bytes(C);
  const isFactor = powerOfTwo(KY * KX);
  const divisor: Real = isFactor ? 1 / <Real>(KY * KX) : <Real>(KY * KX);
  for (; B > 0; B--, dy += bytes(OH * OV * C)) {
    for (let iy = 0; iy < H; iy++) {
      const firstY = firstOver(iy, KY, strideY, top);
      const rows = lastOver(iy, strideY, top, OH) - firstY + 1;
      for (let ix = 0; ix < V; ix++, dx += pixel) {
        const firstX = firstOver(ix, KX, strideX, left);
        const columns = lastOver(ix, strideX, left, OV) - firstX + 1;
        const skip = bytes((OV - columns) * C);
        meanOf(true, dx, dy + bytes((firstY * OV + firstX) * C), rows, columns, skip, pixel, C, divisor, isFactor);
      }
    }
  }
}

/** The first output whose window reaches input i. */
@inline function firstOver(i: i32, size: i32, stride: i32, padding: i32): i32 {
  const behind = i + padding - size;
  return behind < 0 ? 0 : behind / stride + 1;
}

/** The last output whose window reaches input i. */
@inline function lastOver(i: i32, stride: i32, padding: i32, outputs: i32): i32 {
  return min(outputs - 1, (i + padding) / stride);
}

/** Whether a division by n has the bits of a multiplication by 1 / n, which takes a quarter of the time. */
@inline function powerOfTwo(n: i32): bool {
  return (n & (n - 1)) == 0;
}

/**
 * y = the sum of `rows` x `columns` positions / divisor, or · divisor if that is a factor; flushed if `flushes`. `skip`
 * bytes lie between the rows. Overwrites `y`.
 */
@inline function meanOf(
  flushes: bool, y: usize, x: usize, rows: i32, columns: i32, skip: usize, pixel: usize, C: i32, divisor: Real,
  isFactor: bool,
): void {
  const divisors = splat<v128>(divisor);
  for (; C >= 4 * LANES; C -= 4 * LANES, y += 64, x += 64) {
    let s0 = splat<v128>(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let at = x;
    for (let r = rows; r > 0; r--, at += skip) {
      for (let c = columns; c > 0; c--, at += pixel) {
        s0 = plus(s0, load<v128>(at));
        s1 = plus(s1, load<v128>(at, 16));
        s2 = plus(s2, load<v128>(at, 32));
        s3 = plus(s3, load<v128>(at, 48));
      }
    }
    store<v128>(y, quotient(flushes, s0, divisors, isFactor));
    store<v128>(y, quotient(flushes, s1, divisors, isFactor), 16);
    store<v128>(y, quotient(flushes, s2, divisors, isFactor), 32);
    store<v128>(y, quotient(flushes, s3, divisors, isFactor), 48);
  }
  for (; C >= LANES; C -= LANES, y += 16, x += 16) {
    meanOfLanes(flushes, LANES, y, x, rows, columns, skip, pixel, divisors, isFactor);
  }
  if (C > 0) meanOfLanes(flushes, C, y, x, rows, columns, skip, pixel, divisors, isFactor);
}

@inline function meanOfLanes(
  flushes: bool, n: i32, y: usize, x: usize, rows: i32, columns: i32, skip: usize, pixel: usize, divisors: v128,
  isFactor: bool,
): void {
  let sum = splat<v128>(0);
  for (let r = rows; r > 0; r--, x += skip) {
    for (let c = columns; c > 0; c--, x += pixel) sum = plus(sum, loadFirst(x, n));
  }
  storeFirst(y, quotient(flushes, sum, divisors, isFactor), n);
}

@inline function quotient(flushes: bool, sum: v128, divisors: v128, isFactor: bool): v128 {
  let result: v128;
  if (isFactor) result = times(sum, divisors);
  else result = over(sum, divisors);
  return flushes ? flush<v128>(result) : result;
}

/** y[C] = the sum of a row's positions / R, with sums in `sums`. Overwrites `y`. */
export function globalAvgPoolForward(y: usize, sums: usize, x: usize, B: i32, R: i32, C: i32): void {
  for (; B > 0; B--, y += bytes(C), x += bytes(R * C)) {
    sumRows(PLAIN, sums, x, x, x, x, 1, 1, R, C);
    divide(false, y, sums, C, <Real>R);
  }
}

/** dx = dy / R at every position, flushed. Overwrites `dx`. */
export function globalAvgPoolBackward(dx: usize, dy: usize, B: i32, R: i32, C: i32): void {
  for (; B > 0; B--, dy += bytes(C)) {
    const first = dx;
    divide(true, first, dy, C, <Real>R);
    dx += bytes(C);
    for (let r = 1; r < R; r++, dx += bytes(C)) copy(dx, first, C);
  }
}

/** y[C] = the mean of a row's real positions, with sums in `sums`. Overwrites `y`. */
export function sequenceMeanForward(y: usize, sums: usize, x: usize, lengths: usize, B: i32, T: i32, C: i32): void {
  for (; B > 0; B--, y += bytes(C), x += bytes(T * C), lengths += 8) {
    globalAvgPoolForward(y, sums, x, 1, min(<i32>load<f64>(lengths), T), C);
  }
}

/** dx = dy / length at every real position, flushed, and 0 at padding. Overwrites `dx`. */
export function sequenceMeanBackward(dx: usize, dy: usize, lengths: usize, B: i32, T: i32, C: i32): void {
  for (; B > 0; B--, dx += bytes(T * C), dy += bytes(C), lengths += 8) {
    const length = min(<i32>load<f64>(lengths), T);
    globalAvgPoolBackward(dx, dy, 1, length, C);
    fill(dx + bytes(length * C), 0, (T - length) * C);
  }
}

@inline function divide(flushes: bool, y: usize, x: usize, n: i32, size: Real): void {
  const sizes = splat<v128>(size);
  for (; n >= LANES; n -= LANES, y += 16, x += 16) store<v128>(y, quotient(flushes, load<v128>(x), sizes, false));
  if (n > 0) storeRest(y, quotient(flushes, loadRest(x, n), sizes, false), n);
}

/** y: every position of x, FY times FX times. Overwrites `y`. */
export function upsampleForward(y: usize, x: usize, B: i32, H: i32, V: i32, C: i32, FY: i32, FX: i32): void {
  const pixel = bytes(C);
  const length = V * FX * C;
  for (let row = B * H; row > 0; row--) {
    const first = y;
    for (let ix = 0; ix < V; ix++, x += pixel) {
      for (let f = FX; f > 0; f--, y += pixel) copy(y, x, C);
    }
    for (let f = 1; f < FY; f++, y += bytes(length)) copy(y, first, length);
  }
}

/** dx = the sum of dy at the positions of an input. Overwrites `dx`. */
export function upsampleBackward(dx: usize, dy: usize, B: i32, H: i32, V: i32, C: i32, FY: i32, FX: i32): void {
  const pixel = bytes(C);
  const skip = bytes((V - 1) * FX * C);
  for (let row = B * H; row > 0; row--, dy += bytes((FY - 1) * V * FX * C)) {
    for (let ix = 0; ix < V; ix++, dx += pixel, dy += bytes(FX * C)) {
      meanOf(false, dx, dy, FY, FX, skip, pixel, C, 1, true);
    }
  }
}
