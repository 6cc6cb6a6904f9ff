import { bytes, LANES, loadFirst, plus, splat, storeFirst } from './lanes';
import { fill } from './vectors';
import { outputsOf } from './windows';

// Same bits as src/program/reference/pooling.ts. The channels of a position are neighbours, so the lanes of a vector
// are neighbouring channels. Several vectors at a time go through a window, then one, then the last, with fewer
// channels.

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
      const value = loadFirst(x, n);
      most = v128.pmax<Real>(most, value);
      isNan = v128.or(isNan, v128.ne<Real>(value, value));
    }
  }
  storeFirst(y, v128.or(most, isNan), n);
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
  const most = loadFirst(y, n);
  let given = plus(splat<v128>(0), loadFirst(dy, n)); // what is given on is 0, never -0
  for (let r = rows; r > 0; r--, x += skip, dx += skip) {
    for (let c = columns; c > 0; c--, x += pixel, dx += pixel) {
      const isMost = isMostOf(loadFirst(x, n), most);
      const part = v128.and(given, isMost);
      storeFirst(dx, adds ? plus(loadFirst(dx, n), part) : part, n);
      given = v128.andnot(given, isMost);
    }
  }
}

/** All ones where an input is the maximum of its window. */
@inline function isMostOf(x: v128, most: v128): v128 {
  return v128.or(v128.eq<Real>(x, most), v128.ne<Real>(x, x));
}
