import { firstTwo, lastTwo, plusSquares, square } from './doubles';
import { bytes, LANES, plus, splat, times } from './lanes';

/**
 * g[n] = (Σ of S rows that lie `row` bytes apart) · share, summed by the pairwise tree of strides 1, 2, 4, …; square =
 * Σ g[i]² in four lanes i mod 4 of doubles, joined (l₀ + l₁) + (l₂ + l₃). Overwrites `square`, `g` (which may be the
 * first row) and, if S > 8, the rows.
 *
 * Takes three levels of the tree at a time in registers: joins each eight rows into their first, then eight of those.
 */
export function averageRows(square: usize, g: usize, first: usize, S: i32, row: usize, n: i32, share: f64): void {
  while (S > 8) {
    for (let s = 0; s < S; s += 8) {
      const eight = first + <usize>s * row;
      joinRows(eight, eight, row, min(S - s, 8), n, 1); // x · 1 is x
    }
    S = (S + 7) >> 3;
    row <<= 3;
  }
  store<f64>(square, joinRows(g, first, row, S, n, share));
}

/** out[n] = (the tree's sum of S rows, 1 to 8) · factor. Returns Σ out[i]². Overwrites `out`, which may be a row. */
@inline function joinRows(out: usize, rows: usize, row: usize, S: i32, n: i32, factor: f64): f64 {
  if (S == 1) return join1(out, rows, row, n, factor);
  if (S == 2) return join2(out, rows, row, n, factor);
  if (S == 3) return join3(out, rows, row, n, factor);
  if (S == 4) return join4(out, rows, row, n, factor);
  if (S == 5) return join5(out, rows, row, n, factor);
  if (S == 6) return join6(out, rows, row, n, factor);
  if (S == 7) return join7(out, rows, row, n, factor);
  return join8(out, rows, row, n, factor);
}

// One function for each S: V8 optimizes small functions much sooner.

function join1(out: usize, rows: usize, row: usize, n: i32, factor: f64): f64 {
  return join(1, out, rows, row, n, factor);
}

function join2(out: usize, rows: usize, row: usize, n: i32, factor: f64): f64 {
  return join(2, out, rows, row, n, factor);
}

function join3(out: usize, rows: usize, row: usize, n: i32, factor: f64): f64 {
  return join(3, out, rows, row, n, factor);
}

function join4(out: usize, rows: usize, row: usize, n: i32, factor: f64): f64 {
  return join(4, out, rows, row, n, factor);
}

function join5(out: usize, rows: usize, row: usize, n: i32, factor: f64): f64 {
  return join(5, out, rows, row, n, factor);
}

function join6(out: usize, rows: usize, row: usize, n: i32, factor: f64): f64 {
  return join(6, out, rows, row, n, factor);
}

function join7(out: usize, rows: usize, row: usize, n: i32, factor: f64): f64 {
  return join(7, out, rows, row, n, factor);
}

function join8(out: usize, rows: usize, row: usize, n: i32, factor: f64): f64 {
  return join(8, out, rows, row, n, factor);
}

// Inlined with a constant S, so that each loop has one tree and no branch.
@inline function join(S: i32, out: usize, rows: usize, row: usize, n: i32, factor: f64): f64 {
  const factors = splat<v128>(<Real>factor);
  let first = f64x2.splat(0); // l₀, l₁
  let last = f64x2.splat(0); // l₂, l₃
  for (; n >= 4; n -= 4) {
    const low = times(tree<v128>(S, rows, row), factors);
    const high = LANES == 4 ? low : times(tree<v128>(S, rows + 16, row), factors);
    store<v128>(out, low);
    if (LANES == 2) store<v128>(out, high, 16);
    first = plusSquares(first, firstTwo(low, high));
    last = plusSquares(last, lastTwo(low, high));
    out += bytes(4);
    rows += bytes(4);
  }
  let l0 = f64x2.extract_lane(first, 0);
  let l1 = f64x2.extract_lane(first, 1);
  let l2 = f64x2.extract_lane(last, 0);
  const l3 = f64x2.extract_lane(last, 1);
  if (n > 0) l0 += joinOne(S, out, rows, row, <Real>factor);
  if (n > 1) l1 += joinOne(S, out + bytes(1), rows + bytes(1), row, <Real>factor);
  if (n > 2) l2 += joinOne(S, out + bytes(2), rows + bytes(2), row, <Real>factor);
  return l0 + l1 + (l2 + l3);
}

/** `join` for one number. Returns its square. */
@inline function joinOne(S: i32, out: usize, rows: usize, row: usize, factor: Real): f64 {
  const g = times(tree<Real>(S, rows, row), factor);
  store<Real>(out, g);
  return square(g);
}

/** The sum of 1 to 8 numbers that lie `row` bytes apart, neighbours first. */
@inline export function tree<T>(S: i32, p: usize, row: usize): T {
  if (S == 1) return load<T>(p);
  if (S == 2) return tree2<T>(p, row);
  if (S == 3) return plus(tree2<T>(p, row), load<T>(p + 2 * row));
  if (S == 4) return tree4<T>(p, row);
  if (S == 5) return plus(tree4<T>(p, row), load<T>(p + 4 * row));
  if (S == 6) return plus(tree4<T>(p, row), tree2<T>(p + 4 * row, row));
  if (S == 7) return plus(tree4<T>(p, row), plus(tree2<T>(p + 4 * row, row), load<T>(p + 6 * row)));
  return plus(tree4<T>(p, row), tree4<T>(p + 4 * row, row));
}

@inline function tree2<T>(p: usize, row: usize): T {
  return plus(load<T>(p), load<T>(p + row));
}

@inline function tree4<T>(p: usize, row: usize): T {
  return plus(tree2<T>(p, row), tree2<T>(p + 2 * row, row));
}
