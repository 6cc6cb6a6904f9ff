import { bytes, LANES, loadSplat, minus, plus, splat, times } from './lanes';
import { add, copy } from './vectors';

// Same bits as src/program/reference/sum-rows.ts: each column has its own sum, so the lanes of a vector are
// neighbouring columns.

/**
 * The terms of a sum: a; (a - mean)²; a · (x · scale); or two sums with x̂ = (x - mean) · scale, of a · x̂ and, `size`
 * numbers after them, of a. Then mean and scale are those of a column or of a position, else scale is of a position.
 */
export const PLAIN: i32 = 0;
export const SQUARES: i32 = 1;
export const SCALED: i32 = 2;
export const BY_COLUMN: i32 = 3;
export const BY_POSITION: i32 = 4;

const PIECE: i32 = 64;

/** Sums B rows of R positions of `size` columns. The sum ends in row 0 of `levels`. */
export function sumRows(
  kind: i32, levels: usize, a: usize, x: usize, mean: usize, scale: usize, B: i32, leaf: i32, R: i32, size: i32,
): void {
  const width = kind >= BY_COLUMN ? 2 * size : size;
  const level = bytes(width);
  const next = position(kind);
  // Positions that a unit of the outer tree has: those of a leaf, or of a row.
  const positions = R == 1 ? leaf : R;
  const rows = R == 1 ? leaf : 1;
  let top = levels;
  for (let n = 0, k = 1; n == 0 || n < B; n += rows, k++) {
    const there = R == 1 ? min(B - n, leaf) : B == 0 ? 0 : R;
    const base = top;
    const piece = R == 1 ? leaf : PIECE;
    for (let p = 0, q = 1; p == 0 || p < positions; p += piece, q++) {
      const count = max(0, min(there - p, piece));
      sumPiece(kind, top, a, x, mean, scale, count, size);
      a += bytes(size) * <usize>count;
      x += bytes(size) * <usize>count;
      mean += next * <usize>count;
      scale += next * <usize>count;
      top = join(base, top, level, width, q, p + piece >= positions);
    }
    top = join(levels, base, level, width, k, n + rows >= B);
  }
}

/** Joins complete neighbours, after the last leaf all, as joinLevels in src/math/tree/leaves.ts. */
function join(base: usize, top: usize, level: usize, width: i32, k: i32, isLast: bool): usize {
  for (let m = k; top > base && (isLast || (m & 1) == 0); m >>= 1) {
    add(top - level, top, width);
    top -= level;
  }
  return top + level;
}

/** Sums of `sumRows`, copied to `sums`, or added to them if `joins`. */
export function takeSums(sums: usize, levels: usize, joins: i32, size: i32): void {
  if (joins != 0) add(sums, levels, size);
  else copy(sums, levels, size);
}

/** Sums `n` positions from 0, one after the other. Overwrites `sums`. */
function sumPiece(kind: i32, sums: usize, a: usize, x: usize, mean: usize, scale: usize, n: i32, size: i32): void {
  if (kind == PLAIN) sumColumns(PLAIN, sums, a, x, mean, scale, n, size);
  else if (kind == SQUARES) sumColumns(SQUARES, sums, a, x, mean, scale, n, size);
  else if (kind == SCALED) sumColumns(SCALED, sums, a, x, mean, scale, n, size);
  else if (kind == BY_COLUMN) sumColumns(BY_COLUMN, sums, a, x, mean, scale, n, size);
  else sumColumns(BY_POSITION, sums, a, x, mean, scale, n, size);
}

@inline function sumColumns(
  kind: i32, sums: usize, a: usize, x: usize, mean: usize, scale: usize, n: i32, size: i32,
): void {
  const row = bytes(size);
  const line = 4 * LANES;
  for (; size >= line; size -= line) {
    sumLine(kind, sums, row, a, x, mean, scale, n);
    sums += 64;
    a += 64;
    x += 64;
    mean += column(kind, 64);
    scale += column(kind, 64);
  }
  for (; size >= LANES; size -= LANES) {
    sumColumn<v128>(kind, sums, row, a, x, mean, scale, n);
    sums += 16;
    a += 16;
    x += 16;
    mean += column(kind, 16);
    scale += column(kind, 16);
  }
  for (; size > 0; size--) {
    sumColumn<Real>(kind, sums, row, a, x, mean, scale, n);
    sums += bytes(1);
    a += bytes(1);
    x += bytes(1);
    mean += column(kind, bytes(1));
    scale += column(kind, bytes(1));
  }
}

/** Bytes to the means and scales of columns `distance` bytes further. */
@inline function column(kind: i32, distance: usize): usize {
  return ofPosition(kind) ? 0 : distance;
}

/** Bytes to the means and scales of the next position. */
@inline function position(kind: i32): usize {
  return ofPosition(kind) ? bytes(1) : 0;
}

/** Whether means and scales are those of positions. */
@inline function ofPosition(kind: i32): bool {
  return kind == BY_POSITION || kind == SCALED;
}

@inline function squareOf<T>(x: usize, mean: usize): T {
  const c = minus(load<T>(x), load<T>(mean));
  return times(c, c);
}

/** y · x̂ for the column `distance` bytes further. */
@inline function product<T>(kind: i32, y: T, x: usize, mean: usize, scale: usize, distance: usize): T {
  const at = column(kind, distance);
  const s = ofPosition(kind) ? loadSplat<T>(scale) : load<T>(scale + at);
  if (kind == SCALED) return times(y, times(load<T>(x + distance), s));
  const m = kind == BY_POSITION ? loadSplat<T>(mean) : load<T>(mean + at);
  return times(y, times(minus(load<T>(x + distance), m), s));
}

/** Sums the columns of one cache line, in registers. */
@inline function sumLine(
  kind: i32, sums: usize, row: usize, a: usize, x: usize, mean: usize, scale: usize, n: i32,
): void {
  let p0 = splat<v128>(0);
  let p1 = p0;
  let p2 = p0;
  let p3 = p0;
  let s0 = p0;
  let s1 = p0;
  let s2 = p0;
  let s3 = p0;
  for (; n > 0; n--, a += row) {
    if (kind == SQUARES) {
      s0 = plus(s0, squareOf<v128>(a, mean));
      s1 = plus(s1, squareOf<v128>(a + 16, mean + 16));
      s2 = plus(s2, squareOf<v128>(a + 32, mean + 32));
      s3 = plus(s3, squareOf<v128>(a + 48, mean + 48));
      continue;
    }
    const a0 = load<v128>(a);
    const a1 = load<v128>(a, 16);
    const a2 = load<v128>(a, 32);
    const a3 = load<v128>(a, 48);
    if (kind != SCALED) {
      s0 = plus(s0, a0);
      s1 = plus(s1, a1);
      s2 = plus(s2, a2);
      s3 = plus(s3, a3);
    }
    if (kind == PLAIN) continue;
    p0 = plus(p0, product<v128>(kind, a0, x, mean, scale, 0));
    p1 = plus(p1, product<v128>(kind, a1, x, mean, scale, 16));
    p2 = plus(p2, product<v128>(kind, a2, x, mean, scale, 32));
    p3 = plus(p3, product<v128>(kind, a3, x, mean, scale, 48));
    x += row;
    mean += position(kind);
    scale += position(kind);
  }
  if (kind >= SCALED) {
    store<v128>(sums, p0);
    store<v128>(sums, p1, 16);
    store<v128>(sums, p2, 32);
    store<v128>(sums, p3, 48);
    if (kind == SCALED) return;
    sums += row;
  }
  store<v128>(sums, s0);
  store<v128>(sums, s1, 16);
  store<v128>(sums, s2, 32);
  store<v128>(sums, s3, 48);
}

@inline function sumColumn<T>(
  kind: i32, sums: usize, row: usize, a: usize, x: usize, mean: usize, scale: usize, n: i32,
): void {
  let p = splat<T>(0);
  let s = splat<T>(0);
  for (; n > 0; n--, a += row) {
    if (kind == SQUARES) {
      s = plus(s, squareOf<T>(a, mean));
      continue;
    }
    const value = load<T>(a);
    if (kind != SCALED) s = plus(s, value);
    if (kind == PLAIN) continue;
    p = plus(p, product<T>(kind, value, x, mean, scale, 0));
    x += row;
    mean += position(kind);
    scale += position(kind);
  }
  if (kind >= SCALED) {
    store<T>(sums, p);
    if (kind == SCALED) return;
    sums += row;
  }
  store<T>(sums, s);
}
