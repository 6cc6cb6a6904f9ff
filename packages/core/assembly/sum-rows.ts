import { bytes, LANES, plus, splat, times } from './lanes';
import { add, copy } from './vectors';

// Same bits as src/program/reference/sum-rows.ts: each column has its own sum, so the lanes of a vector are
// neighbouring columns.

/** The terms of a sum: a, a · b, or both (then the sums of a follow `size` numbers after those of a · b). */
export const PLAIN: i32 = 0;
export const PRODUCTS: i32 = 1;
export const BOTH: i32 = 2;

const PIECE: i32 = 64;

/** Sums B rows of R positions of `size` columns. The sum ends in row 0 of `levels`. */
export function sumRows(
  kind: i32, levels: usize, a: usize, b: usize, B: i32, leaf: i32, R: i32, size: i32,
): void {
  const width = kind == BOTH ? 2 * size : size;
  const level = bytes(width);
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
      sumPiece(kind, top, a, b, count, size);
      a += bytes(size) * <usize>count;
      b += bytes(size) * <usize>count;
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
function sumPiece(kind: i32, sums: usize, a: usize, b: usize, n: i32, size: i32): void {
  if (kind == PLAIN) sumColumns(PLAIN, sums, a, b, n, size);
  else if (kind == PRODUCTS) sumColumns(PRODUCTS, sums, a, b, n, size);
  else sumColumns(BOTH, sums, a, b, n, size);
}

@inline function sumColumns(kind: i32, sums: usize, a: usize, b: usize, n: i32, size: i32): void {
  const row = bytes(size);
  const line = 4 * LANES;
  for (; size >= line; size -= line, sums += 64, a += 64, b += 64) sumLine(kind, sums, row, a, b, n);
  for (; size >= LANES; size -= LANES, sums += 16, a += 16, b += 16) sumColumn<v128>(kind, sums, row, a, b, n);
  for (; size > 0; size--, sums += bytes(1), a += bytes(1), b += bytes(1)) sumColumn<Real>(kind, sums, row, a, b, n);
}

/** Sums the columns of one cache line, in registers. */
@inline function sumLine(kind: i32, sums: usize, row: usize, a: usize, b: usize, n: i32): void {
  let p0 = splat<v128>(0);
  let p1 = p0;
  let p2 = p0;
  let p3 = p0;
  let s0 = p0;
  let s1 = p0;
  let s2 = p0;
  let s3 = p0;
  for (; n > 0; n--, a += row, b += row) {
    const a0 = load<v128>(a);
    const a1 = load<v128>(a, 16);
    const a2 = load<v128>(a, 32);
    const a3 = load<v128>(a, 48);
    if (kind != PLAIN) {
      p0 = plus(p0, times(a0, load<v128>(b)));
      p1 = plus(p1, times(a1, load<v128>(b, 16)));
      p2 = plus(p2, times(a2, load<v128>(b, 32)));
      p3 = plus(p3, times(a3, load<v128>(b, 48)));
    }
    if (kind != PRODUCTS) {
      s0 = plus(s0, a0);
      s1 = plus(s1, a1);
      s2 = plus(s2, a2);
      s3 = plus(s3, a3);
    }
  }
  if (kind != PLAIN) {
    store<v128>(sums, p0);
    store<v128>(sums, p1, 16);
    store<v128>(sums, p2, 32);
    store<v128>(sums, p3, 48);
  }
  if (kind == BOTH) sums += row;
  if (kind != PRODUCTS) {
    store<v128>(sums, s0);
    store<v128>(sums, s1, 16);
    store<v128>(sums, s2, 32);
    store<v128>(sums, s3, 48);
  }
}

@inline function sumColumn<T>(kind: i32, sums: usize, row: usize, a: usize, b: usize, n: i32): void {
  let p = splat<T>(0);
  let s = splat<T>(0);
  for (; n > 0; n--, a += row, b += row) {
    const value = load<T>(a);
    if (kind != PLAIN) p = plus(p, times(value, load<T>(b)));
    if (kind != PRODUCTS) s = plus(s, value);
  }
  if (kind != PLAIN) store<T>(sums, p);
  if (kind == BOTH) sums += row;
  if (kind != PRODUCTS) store<T>(sums, s);
}
