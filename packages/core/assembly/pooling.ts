import { flush } from './flush';
import { bytes, LANES, loadRest, over, plus, splat, storeRest, times } from './lanes';
import { PLAIN, sumRows } from './sum-rows';
import { copy, fill } from './vectors';

// Same bits as src/program/reference/pooling.ts. The channels of a position are neighbours, so the lanes of a vector
// are neighbouring channels. Several vectors at a time go through a window, then one, then the last, with fewer
// channels.

/** Loads n channels, a whole vector or fewer. */
@inline function loadLanes(p: usize, n: i32): v128 {
  return n == LANES ? load<v128>(p) : loadRest(p, n);
}

/** Stores the first n channels of a vector. */
@inline function storeLanes(p: usize, x: v128, n: i32): void {
  if (n == LANES) store<v128>(p, x);
  else storeRest(p, x, n);
}

/** Outputs along an axis. */
@inline function outputsOf(n: i32, size: i32, stride: i32, padding: i32): i32 {
  return (n + 2 * padding - size) / stride + 1;
}

/** y = the largest input of each window, NaN if one is. Overwrites `y`. */
export function maxPoolForward(
  y: usize, x: usize, B: i32, H: i32, V: i32, C: i32, KY: i32, KX: i32, strideY: i32, strideX: i32, top: i32, left: i32,
): void {
  const OH = outputsOf(H, KY, strideY, top);
  const OV = outputsOf(V, KX, strideX, left);
  const pixel = bytes(C);
  for (; B > 0; B--, x += bytes(H * V * C)) {
    for (let oy = 0, iy = -top; oy < OH; oy++, iy += strideY) {
      const firstY = max(0, iy);
      const rows = min(H, iy + KY) - firstY;
      for (let ox = 0, ix = -left; ox < OV; ox++, ix += strideX, y += pixel) {
        const firstX = max(0, ix);
        const columns = min(V, ix + KX) - firstX;
        mostOf(y, x + bytes((firstY * V + firstX) * C), rows, columns, bytes((V - columns) * C), pixel, C);
      }
    }
  }
}

/** The maxima of a window of `rows` x `columns` positions; `skip` bytes lie between its rows. Overwrites `y`. */
function mostOf(y: usize, x: usize, rows: i32, columns: i32, skip: usize, pixel: usize, C: i32): void {
  const least = splat<v128>(<Real>-Infinity);
  for (; C >= 4 * LANES; C -= 4 * LANES, y += 64, x += 64) {
    let m0 = least;
    let m1 = least;
    let m2 = least;
    let m3 = least;
    let n0 = splat<v128>(0); // all ones where an input was NaN
    let n1 = n0;
    let n2 = n0;
    let n3 = n0;
    let at = x;
    for (let r = rows; r > 0; r--, at += skip) {
      for (let c = columns; c > 0; c--, at += pixel) {
        const v0 = load<v128>(at);
        const v1 = load<v128>(at, 16);
        const v2 = load<v128>(at, 32);
        const v3 = load<v128>(at, 48);
        m0 = v128.pmax<Real>(m0, v0);
        m1 = v128.pmax<Real>(m1, v1);
        m2 = v128.pmax<Real>(m2, v2);
        m3 = v128.pmax<Real>(m3, v3);
        n0 = v128.or(n0, v128.ne<Real>(v0, v0));
        n1 = v128.or(n1, v128.ne<Real>(v1, v1));
        n2 = v128.or(n2, v128.ne<Real>(v2, v2));
        n3 = v128.or(n3, v128.ne<Real>(v3, v3));
      }
    }
    store<v128>(y, v128.or(m0, n0));
    store<v128>(y, v128.or(m1, n1), 16);
    store<v128>(y, v128.or(m2, n2), 32);
    store<v128>(y, v128.or(m3, n3), 48);
  }
  for (; C >= LANES; C -= LANES, y += 16, x += 16) mostOfLanes(LANES, y, x, rows, columns, skip, pixel);
  if (C > 0) mostOfLanes(C, y, x, rows, columns, skip, pixel);
}

@inline function mostOfLanes(
  n: i32, y: usize, x: usize, rows: i32, columns: i32, skip: usize, pixel: usize,
): void {
  let most = splat<v128>(<Real>-Infinity);
  let isNan = splat<v128>(0);
  for (let r = rows; r > 0; r--, x += skip) {
    for (let c = columns; c > 0; c--, x += pixel) {
      const value = loadLanes(x, n);
      most = v128.pmax<Real>(most, value);
      isNan = v128.or(isNan, v128.ne<Real>(value, value));
    }
  }
  storeLanes(y, v128.or(most, isNan), n);
}

/**
 * dx: each window adds its dy to the first of its maxima. Windows follow each other as (oy, ox) ascending, so each sum
 * is that of the reference; what adds 0 changes no bit. Overwrites `dx`.
 */
export function maxPoolBackward(
  dx: usize, dy: usize, x: usize, y: usize, B: i32, H: i32, V: i32, C: i32, KY: i32, KX: i32, strideY: i32,
  strideX: i32, top: i32, left: i32,
): void {
  const OH = outputsOf(H, KY, strideY, top);
  const OV = outputsOf(V, KX, strideX, left);
  const pixel = bytes(C);
  const overlaps = strideY < KY || strideX < KX;
  const covers = strideY <= KY && strideX <= KX && (OH - 1) * strideY - top + KY >= H &&
    (OV - 1) * strideX - left + KX >= V;
  const size = H * V * C;
  for (; B > 0; B--, x += bytes(size), dx += bytes(size)) {
    if (overlaps || !covers) fill(dx, 0, size);
    for (let oy = 0, iy = -top; oy < OH; oy++, iy += strideY) {
      const firstY = max(0, iy);
      const rows = min(H, iy + KY) - firstY;
      for (let ox = 0, ix = -left; ox < OV; ox++, ix += strideX, y += pixel, dy += pixel) {
        const firstX = max(0, ix);
        const columns = min(V, ix + KX) - firstX;
        const skip = bytes((V - columns) * C);
        const at = bytes((firstY * V + firstX) * C);
        if (overlaps) giveToFirst(true, dx + at, dy, x + at, y, rows, columns, skip, pixel, C);
        else giveToFirst(false, dx + at, dy, x + at, y, rows, columns, skip, pixel, C);
      }
    }
  }
}

/** Adds dy to the dx of the first maximum of a window if `adds`; else overwrites the window's `dx`. */
@inline function giveToFirst(
  adds: bool, dx: usize, dy: usize, x: usize, y: usize, rows: i32, columns: i32, skip: usize, pixel: usize, C: i32,
): void {
  const zeros = splat<v128>(0);
  for (; C >= 2 * LANES; C -= 2 * LANES, dx += 32, dy += 32, x += 32, y += 32) {
    const most0 = load<v128>(y);
    const most1 = load<v128>(y, 16);
    let given0 = plus(zeros, load<v128>(dy));
    let given1 = plus(zeros, load<v128>(dy, 16));
    let from = x;
    let to = dx;
    for (let r = rows; r > 0; r--, from += skip, to += skip) {
      for (let c = columns; c > 0; c--, from += pixel, to += pixel) {
        const isMost0 = isMostOf(load<v128>(from), most0);
        const isMost1 = isMostOf(load<v128>(from, 16), most1);
        const part0 = v128.and(given0, isMost0);
        const part1 = v128.and(given1, isMost1);
        store<v128>(to, adds ? plus(load<v128>(to), part0) : part0);
        store<v128>(to, adds ? plus(load<v128>(to, 16), part1) : part1, 16);
        given0 = v128.andnot(given0, isMost0);
        given1 = v128.andnot(given1, isMost1);
      }
    }
  }
  for (; C >= LANES; C -= LANES, dx += 16, dy += 16, x += 16, y += 16) {
    giveToFirstLanes(adds, LANES, dx, dy, x, y, rows, columns, skip, pixel);
  }
  if (C > 0) giveToFirstLanes(adds, C, dx, dy, x, y, rows, columns, skip, pixel);
}

@inline function giveToFirstLanes(
  adds: bool, n: i32, dx: usize, dy: usize, x: usize, y: usize, rows: i32, columns: i32, skip: usize, pixel: usize,
): void {
  const most = loadLanes(y, n);
  let given = plus(splat<v128>(0), loadLanes(dy, n)); // what is given on is 0, never -0
  for (let r = rows; r > 0; r--, x += skip, dx += skip) {
    for (let c = columns; c > 0; c--, x += pixel, dx += pixel) {
      const isMost = isMostOf(loadLanes(x, n), most);
      const part = v128.and(given, isMost);
      storeLanes(dx, adds ? plus(loadLanes(dx, n), part) : part, n);
      given = v128.andnot(given, isMost);
    }
  }
}

/** All ones where an input is the maximum of its window. */
@inline function isMostOf(x: v128, most: v128): v128 {
  return v128.or(v128.eq<Real>(x, most), v128.ne<Real>(x, x));
}

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
    for (let c = columns; c > 0; c--, x += pixel) sum = plus(sum, loadLanes(x, n));
  }
  storeLanes(y, quotient(flushes, sum, divisors, isFactor), n);
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
