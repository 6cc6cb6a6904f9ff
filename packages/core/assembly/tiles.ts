// c[M,N] = init[M,N] + a[M,K] · panel[K,N], k ascending, M x N as the function's name has it, N in units of T.
// The sums stay in registers; each starts at `init`: a bias (initRow = 0), zeros, or what stands in c. All strides are
// in bytes, so that one tile serves x and its transpose, packed panels and plain rows. k is not unrolled: V8 then runs
// out of its 15 registers and spills (13 GFLOP/s instead of 18). A sum of 0 is +0, so that its bits do not depend on terms of 0:
// where these are left out, nothing changes.

import { loadSplat, plus, splat, times } from './lanes';

/** -0 becomes +0. */
@inline function unsigned<T>(sum: T): T {
  return plus(sum, splat<T>(0));
}

/**
 * Eight sums, four columns and two factors: 14 registers. Where `listed`, `terms` holds the K terms to add (terms.ts), which
 * costs a tenth more a term.
 */
@inline export function tile2x4<T>(
  listed: bool, terms: usize,
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
  let s00 = load<T>(init);
  let s01 = load<T>(init + N);
  let s02 = load<T>(init + 2 * N);
  let s03 = load<T>(init + 3 * N);
  let s10 = load<T>(init1);
  let s11 = load<T>(init1 + N);
  let s12 = load<T>(init1 + 2 * N);
  let s13 = load<T>(init1 + 3 * N);
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
  store<T>(c, unsigned(s00));
  store<T>(c + N, unsigned(s01));
  store<T>(c + 2 * N, unsigned(s02));
  store<T>(c + 3 * N, unsigned(s03));
  store<T>(c1, unsigned(s10));
  store<T>(c1 + N, unsigned(s11));
  store<T>(c1 + 2 * N, unsigned(s12));
  store<T>(c1 + 3 * N, unsigned(s13));
}

@inline export function tile1x4<T>(
  c: usize, init: usize, a: usize, aStep: usize, panel: usize, panelStep: usize, K: i32,
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
  store<T>(c, unsigned(s0));
  store<T>(c + N, unsigned(s1));
  store<T>(c + 2 * N, unsigned(s2));
  store<T>(c + 3 * N, unsigned(s3));
}

@inline export function tile4x2<T>(
  c: usize, cRow: usize,
  init: usize, initRow: usize,
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
  store<T>(c, unsigned(s00));
  store<T>(c + N, unsigned(s01));
  store<T>(c + cRow, unsigned(s10));
  store<T>(c + cRow + N, unsigned(s11));
  store<T>(c + 2 * cRow, unsigned(s20));
  store<T>(c + 2 * cRow + N, unsigned(s21));
  store<T>(c + 3 * cRow, unsigned(s30));
  store<T>(c + 3 * cRow + N, unsigned(s31));
}

@inline export function tile1x2<T>(
  c: usize, init: usize, a: usize, aStep: usize, panel: usize, panelStep: usize, K: i32,
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
  store<T>(c, unsigned(s0));
  store<T>(c + N, unsigned(s1));
}

@inline export function tile4x1<T>(
  c: usize, cRow: usize,
  init: usize, initRow: usize,
  a: usize, aRow: usize, aStep: usize,
  panel: usize, panelStep: usize,
  K: i32,
): void {
  let a1 = a + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  let s0 = load<T>(init);
  let s1 = load<T>(init + initRow);
  let s2 = load<T>(init + 2 * initRow);
  let s3 = load<T>(init + 3 * initRow);
  for (let k = 0; k < K; k++) {
    const p = load<T>(panel);
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
  store<T>(c, unsigned(s0));
  store<T>(c + cRow, unsigned(s1));
  store<T>(c + 2 * cRow, unsigned(s2));
  store<T>(c + 3 * cRow, unsigned(s3));
}

@inline export function tile1x1<T>(
  c: usize, init: usize, a: usize, aStep: usize, panel: usize, panelStep: usize, K: i32,
): void {
  let s = load<T>(init);
  for (let k = 0; k < K; k++) {
    s = plus(s, times(loadSplat<T>(a), load<T>(panel)));
    a += aStep;
    panel += panelStep;
  }
  store<T>(c, unsigned(s));
}
