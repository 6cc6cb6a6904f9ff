// c[M,N] = init[M,N] + a[M,K] · panel[K,N], k ascending. A function's name gives M x N, with N in units of T. Sums stay
// in registers. They start at `init`, which is a bias (initRow = 0), zeros, or c. All strides are in bytes, so one tile
// serves x and its transpose, packed panels and plain rows. k is not unrolled: V8 would then run out of its 15
// registers and spill (13 GFLOP/s instead of 18). At the end `joined` is added, which is another sum waiting in c, or
// zeros (joinedRow = 0). Adding 0 turns -0 into +0, so leaving out zero terms changes no bit.

import { LANES, loadRest, loadSplat, plus, splat, storeRest, times } from './lanes';

/** Loads one number (T = Real), or up to a vector. */
@inline function loadColumns<T>(p: usize, columns: i32): T {
  if (isVector<T>()) return columns == LANES ? load<T>(p) : loadRest(p, columns);
  else return load<T>(p);
}

/** Stores one number (T = Real), or up to a vector. */
@inline function storeColumns<T>(p: usize, x: T, columns: i32): void {
  if (!isVector<T>() || columns == LANES) store<T>(p, x);
  else storeRest(p, x, columns);
}

/** Adds the number at `joined` to a sum. */
@inline function join<T>(sum: T, joined: usize): T {
  return plus(sum, load<T>(joined));
}

/** A sum as it is stored. Adding 0 turns -0 into +0; sums that start at 0 never become -0. */
@inline function ending<T>(fresh: bool, adds: bool, sum: T, c: usize): T {
  if (adds) return plus(sum, load<T>(c));
  return fresh ? sum : plus(sum, splat<T>(0));
}

/**
 * Eight sums, four columns and two factors: 14 registers. If `listed`, `terms` has the K terms to add (terms.ts), which
 * costs a tenth more per term. If `fresh`, sums start at 0 instead of `init`; if `adds`, they are added to c. Both are
 * special cases because sums of few terms, such as those of a leaf, would otherwise take 8 % longer.
 */
@inline export function tile2x4<T>(
  listed: bool, fresh: bool, adds: bool, terms: usize,
  c: usize, cRow: usize,
  init: usize, initRow: usize,
  a: usize, aRow: usize, aStep: usize,
  panel: usize, panelStep: usize,
  K: i32,
): void {
  const N: usize = sizeof<T>();
  const c1 = c + cRow;
  const init1 = init + initRow;
  let x = a;
  let w = panel;
  let s00 = fresh ? splat<T>(0) : load<T>(init);
  let s01 = fresh ? splat<T>(0) : load<T>(init + N);
  let s02 = fresh ? splat<T>(0) : load<T>(init + 2 * N);
  let s03 = fresh ? splat<T>(0) : load<T>(init + 3 * N);
  let s10 = fresh ? splat<T>(0) : load<T>(init1);
  let s11 = fresh ? splat<T>(0) : load<T>(init1 + N);
  let s12 = fresh ? splat<T>(0) : load<T>(init1 + 2 * N);
  let s13 = fresh ? splat<T>(0) : load<T>(init1 + 3 * N);
  for (let k = 0; k < K; k++) {
    if (listed) {
      x = load<usize>(terms);
      w = panel + load<usize>(terms, 4);
      terms += 8;
    }
    const x0 = loadSplat<T>(x);
    const x1 = loadSplat<T>(x + aRow);
    const p0 = load<T>(w);
    const p1 = load<T>(w + N);
    const p2 = load<T>(w + 2 * N);
    const p3 = load<T>(w + 3 * N);
    s00 = plus(s00, times(x0, p0));
    s01 = plus(s01, times(x0, p1));
    s02 = plus(s02, times(x0, p2));
    s03 = plus(s03, times(x0, p3));
    s10 = plus(s10, times(x1, p0));
    s11 = plus(s11, times(x1, p1));
    s12 = plus(s12, times(x1, p2));
    s13 = plus(s13, times(x1, p3));
    if (!listed) {
      x += aStep;
      w += panelStep;
    }
  }
  store<T>(c, ending<T>(fresh, adds, s00, c));
  store<T>(c + N, ending<T>(fresh, adds, s01, c + N));
  store<T>(c + 2 * N, ending<T>(fresh, adds, s02, c + 2 * N));
  store<T>(c + 3 * N, ending<T>(fresh, adds, s03, c + 3 * N));
  store<T>(c1, ending<T>(fresh, adds, s10, c1));
  store<T>(c1 + N, ending<T>(fresh, adds, s11, c1 + N));
  store<T>(c1 + 2 * N, ending<T>(fresh, adds, s12, c1 + 2 * N));
  store<T>(c1 + 3 * N, ending<T>(fresh, adds, s13, c1 + 3 * N));
}

@inline export function tile1x4<T>(
  c: usize, init: usize, joined: usize, a: usize, aStep: usize, panel: usize, panelStep: usize, K: i32,
): void {
  const N: usize = sizeof<T>();
  let s0 = load<T>(init);
  let s1 = load<T>(init + N);
  let s2 = load<T>(init + 2 * N);
  let s3 = load<T>(init + 3 * N);
  for (let k = 0; k < K; k++) {
    const x = loadSplat<T>(a);
    s0 = plus(s0, times(x, load<T>(panel)));
    s1 = plus(s1, times(x, load<T>(panel + N)));
    s2 = plus(s2, times(x, load<T>(panel + 2 * N)));
    s3 = plus(s3, times(x, load<T>(panel + 3 * N)));
    a += aStep;
    panel += panelStep;
  }
  store<T>(c, join(s0, joined));
  store<T>(c + N, join(s1, joined + N));
  store<T>(c + 2 * N, join(s2, joined + 2 * N));
  store<T>(c + 3 * N, join(s3, joined + 3 * N));
}

@inline export function tile4x2<T>(
  c: usize, cRow: usize,
  init: usize, initRow: usize,
  joined: usize, joinedRow: usize,
  a: usize, aRow: usize, aStep: usize,
  panel: usize, panelStep: usize,
  K: i32,
): void {
  const N: usize = sizeof<T>();
  let a1 = a + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  let s00 = load<T>(init);
  let s01 = load<T>(init + N);
  let s10 = load<T>(init + initRow);
  let s11 = load<T>(init + initRow + N);
  let s20 = load<T>(init + 2 * initRow);
  let s21 = load<T>(init + 2 * initRow + N);
  let s30 = load<T>(init + 3 * initRow);
  let s31 = load<T>(init + 3 * initRow + N);
  for (let k = 0; k < K; k++) {
    const p0 = load<T>(panel);
    const p1 = load<T>(panel + N);
    const x0 = loadSplat<T>(a);
    const x1 = loadSplat<T>(a1);
    const x2 = loadSplat<T>(a2);
    const x3 = loadSplat<T>(a3);
    s00 = plus(s00, times(x0, p0));
    s01 = plus(s01, times(x0, p1));
    s10 = plus(s10, times(x1, p0));
    s11 = plus(s11, times(x1, p1));
    s20 = plus(s20, times(x2, p0));
    s21 = plus(s21, times(x2, p1));
    s30 = plus(s30, times(x3, p0));
    s31 = plus(s31, times(x3, p1));
    a += aStep;
    a1 += aStep;
    a2 += aStep;
    a3 += aStep;
    panel += panelStep;
  }
  store<T>(c, join(s00, joined));
  store<T>(c + N, join(s01, joined + N));
  store<T>(c + cRow, join(s10, joined + joinedRow));
  store<T>(c + cRow + N, join(s11, joined + joinedRow + N));
  store<T>(c + 2 * cRow, join(s20, joined + 2 * joinedRow));
  store<T>(c + 2 * cRow + N, join(s21, joined + 2 * joinedRow + N));
  store<T>(c + 3 * cRow, join(s30, joined + 3 * joinedRow));
  store<T>(c + 3 * cRow + N, join(s31, joined + 3 * joinedRow + N));
}

@inline export function tile1x2<T>(
  c: usize, init: usize, joined: usize, a: usize, aStep: usize, panel: usize, panelStep: usize, K: i32,
): void {
  const N: usize = sizeof<T>();
  let s0 = load<T>(init);
  let s1 = load<T>(init + N);
  for (let k = 0; k < K; k++) {
    const x = loadSplat<T>(a);
    s0 = plus(s0, times(x, load<T>(panel)));
    s1 = plus(s1, times(x, load<T>(panel + N)));
    a += aStep;
    panel += panelStep;
  }
  store<T>(c, join(s0, joined));
  store<T>(c + N, join(s1, joined + N));
}

@inline export function tile4x1<T>(
  columns: i32,
  c: usize, cRow: usize,
  init: usize, initRow: usize,
  joined: usize, joinedRow: usize,
  a: usize, aRow: usize, aStep: usize,
  panel: usize, panelStep: usize,
  K: i32,
): void {
  let a1 = a + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  let s0 = loadColumns<T>(init, columns);
  let s1 = loadColumns<T>(init + initRow, columns);
  let s2 = loadColumns<T>(init + 2 * initRow, columns);
  let s3 = loadColumns<T>(init + 3 * initRow, columns);
  for (let k = 0; k < K; k++) {
    const p = loadColumns<T>(panel, columns);
    s0 = plus(s0, times(loadSplat<T>(a), p));
    s1 = plus(s1, times(loadSplat<T>(a1), p));
    s2 = plus(s2, times(loadSplat<T>(a2), p));
    s3 = plus(s3, times(loadSplat<T>(a3), p));
    a += aStep;
    a1 += aStep;
    a2 += aStep;
    a3 += aStep;
    panel += panelStep;
  }
  storeColumns<T>(c, plus(s0, loadColumns<T>(joined, columns)), columns);
  storeColumns<T>(c + cRow, plus(s1, loadColumns<T>(joined + joinedRow, columns)), columns);
  storeColumns<T>(c + 2 * cRow, plus(s2, loadColumns<T>(joined + 2 * joinedRow, columns)), columns);
  storeColumns<T>(c + 3 * cRow, plus(s3, loadColumns<T>(joined + 3 * joinedRow, columns)), columns);
}

@inline export function tile1x1<T>(
  columns: i32, c: usize, init: usize, joined: usize, a: usize, aStep: usize, panel: usize, panelStep: usize, K: i32,
): void {
  let s = loadColumns<T>(init, columns);
  for (let k = 0; k < K; k++) {
    s = plus(s, times(loadSplat<T>(a), loadColumns<T>(panel, columns)));
    a += aStep;
    panel += panelStep;
  }
  storeColumns<T>(c, plus(s, loadColumns<T>(joined, columns)), columns);
}
