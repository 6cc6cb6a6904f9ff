import { one, zeros } from './constants';
import { bytes, bytesOfDoubles, LANES } from './lanes';
import { PANEL, PANEL_STEP, packPanel, panelWidth } from './panels';
import { timesLeaf, timesPanel } from './product';
import { listStep, listTerms } from './terms';
import { add } from './vectors';

// Rows of a long leaf taken at a time: a packed strip of x and a panel of dy take 4 KiB each.
const BLOCK_ROWS = 64;
/** Most rows and most leaves of a call with several leaves, as in src/math/tree/leaves.ts. */
export const NODE_ROWS = 256;
export const MOST_LEAVES = 16;
/** Most sums of leaves that wait at once. */
export const LEVELS = 4;
// Packed columns of dy at a time: their panels, 512 KiB, stay in the second-level cache.
const PANEL_NUMBERS: i32 = 524288 / sizeof<Real>();
const BLOCK_COLUMNS = 512;
// Fewer tiles do not reuse a packed copy enough: 16x16 reaches 0.83 in place and 0.75 packed, 16x512 reaches 0.70 and
// 0.81. Reading x in place, by columns, is a tenth slower at 784 columns, and a quarter at 1,024, whose lines share a
// set. float32 has half as many tiles, so more stays in place: 300x10, 33x33 and 50x70 take 0.85 to 0.92 of the time.
const MIN_PACKED_SIDE = 9;
const MIN_PACKED: i32 = LANES == 2 ? 1025 : 4097;
// Columns of x taken at a time in place if dy has at most PLAIN_COLUMNS columns. Else it takes a panel's width.
const PLAIN_HEIGHT = 64;
const PLAIN_COLUMNS = 64;

/**
 * dW[I,O] = xᵀ · dy and db[O] = Σₙ dy over B rows in leaves of `leaf` rows. The sum of a leaf starts at 0 and adds rows
 * n ascending; the leaves' sums are added by the pairwise tree. Overwrites `dW` and `db`, or adds to them if `joins`.
 * Several leaves have at most 64 rows each, and are at most 16 leaves and 256 rows; a single leaf may have any number
 * of rows. scratch: `wasmProductScratch`.
 */
export function affineBackwardWeights(
  dW: usize, db: usize, x: usize, dy: usize, B: i32, leaf: i32, joins: i32, I: i32, O: i32, scratch: usize,
): void {
  const packs = isPacked(I, O);
  if (B <= leaf && (!packs || B == 0)) {
    addInPlace(dW, db, x, dy, B, I, O, joins != 0);
    return;
  }
  const iRow = bytes(I);
  const oRow = bytes(O);
  if (B <= leaf && B > BLOCK_ROWS) {
    for (let n = 0; n < B; n += BLOCK_ROWS) {
      const rows = min(B - n, BLOCK_ROWS);
      addPacked(dW, db, x + <usize>n * iRow, dy + <usize>n * oRow, rows, rows, n == 0, joins != 0, I, O, scratch);
    }
  } else if (packs) {
    addPacked(dW, db, x, dy, B, leaf, true, joins != 0, I, O, scratch);
  } else {
    addTreeInPlace(dW, db, x, dy, B, leaf, joins != 0, I, O, scratch);
  }
}

@inline function isPacked(I: i32, O: i32): bool {
  return I >= MIN_PACKED_SIDE && O >= MIN_PACKED_SIDE && I * O >= MIN_PACKED;
}

/**
 * Packs columns of dy into panels, then x into strips of a panel's width, so that dW is filled row by row. Sums start
 * at 0 if `starts`; else (one leaf only) at the values of dW.
 */
function addPacked(
  dW: usize, db: usize, x: usize, dy: usize, B: i32, leaf: i32, starts: bool, joins: bool, I: i32, O: i32,
  scratch: usize,
): void {
  const stack = scratch + bytes(PANEL * NODE_ROWS);
  const lists = stack + bytes(LEVELS * PANEL * PANEL);
  const panels = lists + bytesOfDoubles((PANEL / 2) * (NODE_ROWS + MOST_LEAVES)); // pairs of words
  const most = min(BLOCK_COLUMNS, (PANEL_NUMBERS / B) & -PANEL);
  const iRow = bytes(I);
  const oRow = bytes(O);
  for (let o = 0; o < O; o += most) {
    const N = min(O - o, most);
    for (let c = 0, width = 0; c < N; c += width) {
      width = panelWidth(N - c);
      packPanel(panels + bytes(c * B), dy + bytes(o + c), oRow, B, width);
    }
    // db = 1ᵀ · dy: the product with a row of ones, which changes no bit.
    addStrip(db + bytes(o), 0, one, 0, 0, panels, 0, B, leaf, starts, joins, 1, N, stack, 0);
    for (let i = 0, height = 0; i < I; i += height) {
      height = panelWidth(I - i);
      packPanel(scratch, x + bytes(i), iRow, B, height);
      const c = dW + <usize>i * oRow + bytes(o);
      addStrip(c, oRow, scratch, bytes(1), bytes(height), panels, 0, B, leaf, starts, joins, height, N, stack, lists);
    }
  }
}

/** `addPacked` for a small layer: the whole tree, with x and dy in place. */
function addTreeInPlace(
  dW: usize, db: usize, x: usize, dy: usize, B: i32, leaf: i32, joins: bool, I: i32, O: i32, scratch: usize,
): void {
  const iRow = bytes(I);
  const oRow = bytes(O);
  const most = O <= PLAIN_COLUMNS ? PLAIN_HEIGHT : PANEL;
  for (let o = 0; o < O; o += BLOCK_COLUMNS) {
    const N = min(O - o, BLOCK_COLUMNS);
    const columns = dy + bytes(o);
    addStrip(db + bytes(o), 0, one, 0, 0, columns, oRow, B, leaf, true, joins, 1, N, scratch, 0);
    for (let i = 0; i < I; i += most) {
      const c = dW + <usize>i * oRow + bytes(o);
      const height = min(I - i, most);
      addStrip(c, oRow, x + bytes(i), bytes(1), iRow, columns, oRow, B, leaf, true, joins, height, N, scratch, 0);
    }
  }
}

/**
 * c[height,N] from `height` columns of x: `a` has `aRow` bytes from column to column and `aStep` from row to row. Works
 * panel by panel of dy. Sums of leaves that wait for their right neighbour are in `stack` [LEVELS, height, width], the
 * first of them in c. `panelStep` is 0 if dy is packed in panels.
 */
export function addStrip(
  c: usize, cRow: usize, a: usize, aRow: usize, aStep: usize, dy: usize, panelStep: usize, B: i32, leaf: i32,
  starts: bool, joins: bool, height: i32, N: i32, stack: usize, lists: usize,
): void {
  const nextLists = <usize>(height >> 1) * listStep(min(B, leaf));
  let listed = 0; // bit k: using the list of leaf k pays off
  if (lists != 0) {
    for (let n = 0, k = 0; n < B; n += leaf, k++) {
      const own = lists + <usize>k * nextLists;
      const rows = min(B - n, leaf);
      if (listTerms(own, a + <usize>n * aStep, aRow, aStep, PANEL_STEP, height, rows, N) != 0) listed |= 1 << k;
    }
  }
  for (let o = 0, width = 0; o < N; o += width) {
    width = panelWidth(N - o);
    const step = panelStep != 0 ? panelStep : bytes(width);
    const panel = dy + (panelStep != 0 ? bytes(o) : bytes(o * B));
    const place = c + bytes(o);
    if (B <= leaf) {
      const adds = joins ? place : zeros;
      timesPanel(
        width, place, cRow, starts ? zeros : place, starts ? 0 : cRow, adds, joins ? cRow : 0,
        a, aRow, aStep, panel, step, height, B, listed != 0 ? lists : 0,
      );
    } else {
      addLeaves(
        width, place, cRow, a, aRow, aStep, panel, step, B, leaf, joins, height, stack, lists, nextLists, listed,
      );
    }
  }
}

/** One panel of `addStrip`, of several leaves. */
function addLeaves(
  width: i32, c: usize, cRow: usize, a: usize, aRow: usize, aStep: usize, panel: usize, step: usize, B: i32, leaf: i32,
  joins: bool, height: i32, stack: usize, lists: usize, nextLists: usize, listed: i32,
): void {
  const row = bytes(width);
  const slot = <usize>height * row;
  let level = -1;
  for (let n = 0, k = 0; n < B; n += leaf, k++) {
    const isRight = (k & 1) != 0;
    if (!isRight) level++;
    const own = level == 0 && !joins;
    const out = own ? c : stack + <usize>level * slot;
    const outRow = own ? cRow : row;
    const from = a + <usize>n * aStep;
    const rows = panel + <usize>n * step;
    const K = min(B - n, leaf);
    const terms = (listed >> k) & 1 ? lists + <usize>k * nextLists : 0;
    if (width == PANEL) {
      timesLeaf(isRight, out, outRow, from, aRow, aStep, rows, step, height, K, terms);
    } else {
      const added = isRight ? out : zeros;
      timesPanel(
        width, out, outRow, zeros, 0, added, isRight ? outRow : 0, from, aRow, aStep, rows, step, height, K, terms,
      );
    }
    // A right leaf joins the ancestors that it completes; the last leaf joins all.
    const isLast = n + leaf >= B;
    for (let m = (k + 1) >> 1; level > 0 && (isLast || (isRight && (m & 1) == 0)); m >>= 1) {
      const right = stack + <usize>level * slot;
      level--;
      if (level == 0 && !joins) addRows(c, cRow, right, height, width);
      else add(right - slot, right, height * width);
    }
  }
  if (joins) addRows(c, cRow, stack, height, width);
}

/** c[height,N] += rows[height,N]. Overwrites `c`. */
function addRows(c: usize, cRow: usize, rows: usize, height: i32, N: i32): void {
  for (; height > 0; height--) {
    add(c, rows, N);
    c += cRow;
    rows += bytes(N);
  }
}

/** Takes one leaf with x and dy in place. Sums start at 0; adds them to dW and db if `joins`. */
function addInPlace(dW: usize, db: usize, x: usize, dy: usize, rows: i32, I: i32, O: i32, joins: bool): void {
  const oRow = bytes(O);
  for (let o = 0, width = 0; o < O; o += width) {
    width = panelWidth(O - o);
    const c = dW + bytes(o);
    const d = db + bytes(o);
    const columns = dy + bytes(o);
    timesPanel(
      width, c, oRow, zeros, 0, joins ? c : zeros, joins ? oRow : 0, x, bytes(1), bytes(I), columns, oRow, I, rows, 0,
    );
    timesPanel(width, d, 0, zeros, 0, joins ? d : zeros, 0, one, 0, 0, columns, oRow, 1, rows, 0);
  }
}
