import { zeros } from './constants';
import { LANES } from './lanes';
import { PANEL } from './panels';
import { listStep } from './terms';
import { tile1x1, tile1x2, tile1x4, tile2x4, tile4x1, tile4x2 } from './tiles';

/**
 * c[M,width] = (init[M,width] + a[M,K] · panel[K,width], k ascending) + joined[M,width]. Strides are in bytes.
 * Overwrites `c`, which may be `init`. `joined` is zeros or, only if `init` is zeros, `c`. `lists` has the terms of
 * each two rows (terms.ts), or is 0; full panels leave out all other terms.
 */
@inline export function timesPanel(
  width: i32,
  c: usize, cRow: usize,
  init: usize, initRow: usize,
  joined: usize, joinedRow: usize,
  a: usize, aRow: usize, aStep: usize,
  panel: usize, panelStep: usize,
  M: i32, K: i32, lists: usize,
): void {
  if (width == PANEL) {
    if (init == zeros) timesLeaf(joined != zeros, c, cRow, a, aRow, aStep, panel, panelStep, M, K, lists);
    else timesFull(c, cRow, init, initRow, a, aRow, aStep, panel, panelStep, M, K, lists);
  } else if (width == 2 * LANES) {
    timesHalf(c, cRow, init, initRow, joined, joinedRow, a, aRow, aStep, panel, panelStep, M, K);
  } else if (width == LANES) {
    timesQuarter(c, cRow, init, initRow, joined, joinedRow, a, aRow, aStep, panel, panelStep, M, K);
  } else if (LANES == 2 || width == 1) {
    times1(c, cRow, init, initRow, joined, joinedRow, a, aRow, aStep, panel, panelStep, M, K);
  } else if (width == 2) {
    times2(c, cRow, init, initRow, joined, joinedRow, a, aRow, aStep, panel, panelStep, M, K);
  } else {
    times3(c, cRow, init, initRow, joined, joinedRow, a, aRow, aStep, panel, panelStep, M, K);
  }
}

// One function for each width: V8 optimizes small functions much sooner, and XOR needs only the last.

function timesFull(
  c: usize, cRow: usize,
  init: usize, initRow: usize,
  a: usize, aRow: usize, aStep: usize,
  panel: usize, panelStep: usize,
  M: i32, K: i32, lists: usize,
): void {
  sumRows(false, false, c, cRow, init, initRow, a, aRow, aStep, panel, panelStep, M, K, lists);
}

/** c[M,PANEL] = a[M,K] · panel[K,PANEL], k ascending from 0; adds it to c if `adds`. */
@inline export function timesLeaf(
  adds: bool,
  c: usize, cRow: usize,
  a: usize, aRow: usize, aStep: usize,
  panel: usize, panelStep: usize,
  M: i32, K: i32, lists: usize,
): void {
  if (adds) addLeaf(c, cRow, a, aRow, aStep, panel, panelStep, M, K, lists);
  else startLeaf(c, cRow, a, aRow, aStep, panel, panelStep, M, K, lists);
}

function startLeaf(
  c: usize, cRow: usize, a: usize, aRow: usize, aStep: usize, panel: usize, panelStep: usize, M: i32, K: i32,
  lists: usize,
): void {
  sumRows(true, false, c, cRow, zeros, 0, a, aRow, aStep, panel, panelStep, M, K, lists);
}

function addLeaf(
  c: usize, cRow: usize, a: usize, aRow: usize, aStep: usize, panel: usize, panelStep: usize, M: i32, K: i32,
  lists: usize,
): void {
  sumRows(true, true, c, cRow, zeros, 0, a, aRow, aStep, panel, panelStep, M, K, lists);
}

/** Takes rows of full panels in tiles of two. `fresh` and `adds` are as in tile2x4. */
@inline function sumRows(
  fresh: bool, adds: bool,
  c: usize, cRow: usize,
  init: usize, initRow: usize,
  a: usize, aRow: usize, aStep: usize,
  panel: usize, panelStep: usize,
  M: i32, K: i32, lists: usize,
): void {
  for (; M >= 2; M -= 2) {
    if (lists != 0) {
      tile2x4<v128>(
        true, fresh, adds, lists + 8, c, cRow, init, initRow, a, aRow, aStep, panel, panelStep, load<i32>(lists),
      );
      lists += listStep(K);
    } else {
      tile2x4<v128>(false, fresh, adds, 0, c, cRow, init, initRow, a, aRow, aStep, panel, panelStep, K);
    }
    c += 2 * cRow;
    init += 2 * initRow;
    a += 2 * aRow;
  }
  if (M > 0) tile1x4<v128>(c, init, adds ? c : zeros, a, aStep, panel, panelStep, K);
}

function timesHalf(
  c: usize, cRow: usize, init: usize, initRow: usize, joined: usize, joinedRow: usize,
  a: usize, aRow: usize, aStep: usize, panel: usize, panelStep: usize, M: i32, K: i32,
): void {
  for (; M >= 4; M -= 4) {
    tile4x2<v128>(c, cRow, init, initRow, joined, joinedRow, a, aRow, aStep, panel, panelStep, K);
    c += 4 * cRow;
    init += 4 * initRow;
    joined += 4 * joinedRow;
    a += 4 * aRow;
  }
  for (; M > 0; M--) {
    tile1x2<v128>(c, init, joined, a, aStep, panel, panelStep, K);
    c += cRow;
    init += initRow;
    joined += joinedRow;
    a += aRow;
  }
}

function timesQuarter(
  c: usize, cRow: usize, init: usize, initRow: usize, joined: usize, joinedRow: usize,
  a: usize, aRow: usize, aStep: usize, panel: usize, panelStep: usize, M: i32, K: i32,
): void {
  column<v128>(LANES, c, cRow, init, initRow, joined, joinedRow, a, aRow, aStep, panel, panelStep, M, K);
}

function times1(
  c: usize, cRow: usize, init: usize, initRow: usize, joined: usize, joinedRow: usize,
  a: usize, aRow: usize, aStep: usize, panel: usize, panelStep: usize, M: i32, K: i32,
): void {
  column<Real>(1, c, cRow, init, initRow, joined, joinedRow, a, aRow, aStep, panel, panelStep, M, K);
}

function times2(
  c: usize, cRow: usize, init: usize, initRow: usize, joined: usize, joinedRow: usize,
  a: usize, aRow: usize, aStep: usize, panel: usize, panelStep: usize, M: i32, K: i32,
): void {
  column<v128>(2, c, cRow, init, initRow, joined, joinedRow, a, aRow, aStep, panel, panelStep, M, K);
}

function times3(
  c: usize, cRow: usize, init: usize, initRow: usize, joined: usize, joinedRow: usize,
  a: usize, aRow: usize, aStep: usize, panel: usize, panelStep: usize, M: i32, K: i32,
): void {
  column<v128>(3, c, cRow, init, initRow, joined, joinedRow, a, aRow, aStep, panel, panelStep, M, K);
}

/** One number a row (T = Real), or up to a vector. */
@inline function column<T>(
  columns: i32,
  c: usize, cRow: usize, init: usize, initRow: usize, joined: usize, joinedRow: usize,
  a: usize, aRow: usize, aStep: usize, panel: usize, panelStep: usize, M: i32, K: i32,
): void {
  for (; M >= 4; M -= 4) {
    tile4x1<T>(columns, c, cRow, init, initRow, joined, joinedRow, a, aRow, aStep, panel, panelStep, K);
    c += 4 * cRow;
    init += 4 * initRow;
    joined += 4 * joinedRow;
    a += 4 * aRow;
  }
  for (; M > 0; M--) {
    tile1x1<T>(columns, c, init, joined, a, aStep, panel, panelStep, K);
    c += cRow;
    init += initRow;
    joined += joinedRow;
    a += aRow;
  }
}
