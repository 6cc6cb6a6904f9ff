import { storeFirst } from './lanes';
import { updateAll } from './updates';

/**
 * g[n] = (Σ of S rows that lie `row` bytes apart) · share[0], summed by the pairwise tree of strides 1, 2, 4, …; square
 * = Σ g[i]² in four lanes i mod 4 of doubles, joined (l₀ + l₁) + (l₂ + l₃). Overwrites `square`, `g` (which may be the
 * first row) and, if S > 8, the rows.
 *
 * Takes three levels of the tree at a time in registers: joins each eight rows into their first, then eight of those.
 */
export function averageRows(square: usize, g: usize, first: usize, S: i32, row: usize, n: i32, share: usize): void {
  while (S > 8) {
    for (let s = 0; s < S; s += 8) {
      const eight = first + <usize>s * row;
      joinRows(eight, eight, row, min(S - s, 8), n, 1); // x · 1 is x
    }
    S = (S + 7) >> 3;
    row <<= 3;
  }
  store<f64>(square, joinRows(g, first, row, S, n, load<f64>(share)));
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
  return updateAll<Mean>(1, out, 0, 0, n, 0, rows, row, factor);
}

function join2(out: usize, rows: usize, row: usize, n: i32, factor: f64): f64 {
  return updateAll<Mean>(2, out, 0, 0, n, 0, rows, row, factor);
}

function join3(out: usize, rows: usize, row: usize, n: i32, factor: f64): f64 {
  return updateAll<Mean>(3, out, 0, 0, n, 0, rows, row, factor);
}

function join4(out: usize, rows: usize, row: usize, n: i32, factor: f64): f64 {
  return updateAll<Mean>(4, out, 0, 0, n, 0, rows, row, factor);
}

function join5(out: usize, rows: usize, row: usize, n: i32, factor: f64): f64 {
  return updateAll<Mean>(5, out, 0, 0, n, 0, rows, row, factor);
}

function join6(out: usize, rows: usize, row: usize, n: i32, factor: f64): f64 {
  return updateAll<Mean>(6, out, 0, 0, n, 0, rows, row, factor);
}

function join7(out: usize, rows: usize, row: usize, n: i32, factor: f64): f64 {
  return updateAll<Mean>(7, out, 0, 0, n, 0, rows, row, factor);
}

function join8(out: usize, rows: usize, row: usize, n: i32, factor: f64): f64 {
  return updateAll<Mean>(8, out, 0, 0, n, 0, rows, row, factor);
}

/** The update that leaves the mean itself. */
@unmanaged class Mean {
  @inline scalars(): i32 { return 0; }

  @inline step(
    out: usize, g: v128, _p: usize, _q: usize, n: i32,
    _0: v128, _1: v128, _2: v128, _3: v128, _4: v128, _5: v128, _6: v128, _7: v128,
  ): void {
    storeFirst(out, g, n);
  }
}
