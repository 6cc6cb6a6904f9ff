import { one, zeros } from './constants';
import { bytes } from './lanes';
import { packPanel } from './panels';
import { PANEL_STEP, panelWidth, timesPanel } from './product';
import { listTerms } from './terms';

// 64 rows: a packed strip of x and a panel of dy take 4 KiB each, and dW is read and written once per 64 rows.
// Reading x in place, by columns, is a tenth slower at 784 columns and a quarter at 1,024, whose lines share a set.
const BLOCK_ROWS = 64;
// With fewer tiles a packed copy is not reused enough: 16x16 in place reaches 0.83, packed 0.75; 16x512 0.70 and 0.81.
const MIN_PACKED_SIDE = 9;
const MIN_PACKED = 1025;

/**
 * dW[I,O] = xᵀ · dy and db[O] = Σₙ dy; each sum starts at 0 and adds rows n ascending. Overwrites `dW` and `db`.
 * scratch: `wasmScratchLength`.
 */
export function affineBackwardWeights(
  dW: usize, db: usize, x: usize, dy: usize, B: i32, I: i32, O: i32, scratch: usize,
): void {
  if (!isPacked(I, O)) {
    addInPlace(dW, db, x, dy, B, I, O, false);
    return;
  }
  let n = 0;
  do {
    addPacked(dW, db, x + <usize>n * bytes(I), dy + <usize>n * bytes(O), min(B - n, BLOCK_ROWS), 0, I, O, n == 0, scratch);
    n += BLOCK_ROWS;
  } while (n < B);
}

/**
 * `affineBackwardWeights` of the first rows and of those behind them, BLOCK_ROWS each at most, added. Overwrites `dW`
 * and `db`.
 */
export function affineBackwardWeightsOfTwo(
  dW: usize, db: usize, x: usize, dy: usize, B: i32, first: i32, I: i32, O: i32, scratch: usize,
): void {
  if (isPacked(I, O)) {
    addPacked(dW, db, x, dy, first, B - first, I, O, true, scratch);
  } else {
    addInPlace(dW, db, x, dy, first, I, O, false);
    addInPlace(dW, db, x + <usize>first * bytes(I), dy + <usize>first * bytes(O), B - first, I, O, true);
  }
}

@inline function isPacked(I: i32, O: i32): bool {
  return I >= MIN_PACKED_SIDE && O >= MIN_PACKED_SIDE && I * O >= MIN_PACKED;
}

/**
 * All of dy in panels, then x in strips of eight columns, so that dW is filled row by row. Sums over `rows` rows start
 * at 0 where `starts`, else at what stands in dW; those over the `joined` rows behind them are added while a strip is
 * in cache.
 */
function addPacked(
  dW: usize, db: usize, x: usize, dy: usize, rows: i32, joined: i32, I: i32, O: i32, starts: bool, scratch: usize,
): void {
  const panels = scratch + bytes(8 * BLOCK_ROWS);
  const joinedPanels = panels + bytes(O * BLOCK_ROWS);
  const lists = joinedPanels + bytes(joined > 0 ? O * BLOCK_ROWS : 0);
  const joinedX = x + <usize>rows * bytes(I);
  packRows(panels, db, dy, rows, O, starts, false);
  if (joined > 0) packRows(joinedPanels, db, dy + <usize>rows * bytes(O), joined, O, true, true);
  for (let i = 0, height = 0; i < I; i += height) {
    height = panelWidth(I - i);
    const c = dW + <usize>i * bytes(O);
    addStrip(c, x + bytes(i), bytes(I), height, panels, rows, O, starts, false, scratch, lists);
    if (joined > 0) addStrip(c, joinedX + bytes(i), bytes(I), height, joinedPanels, joined, O, true, true, scratch, lists);
  }
}

/** Packs dy, and adds it to `db`. */
function packRows(panels: usize, db: usize, dy: usize, rows: i32, O: i32, starts: bool, joins: bool): void {
  for (let o = 0, width = 0; o < O; o += width) {
    width = panelWidth(O - o);
    const panel = panels + bytes(o * rows);
    packPanel(panel, dy + bytes(o), bytes(O), rows, width);
    addColumnSums(width, db + bytes(o), panel, bytes(width), rows, starts, joins);
  }
}

/** `height` rows of dW, c[height,O], from as many columns of x. */
function addStrip(
  c: usize, x: usize, iRow: usize, height: i32, panels: usize, rows: i32, O: i32, starts: bool, joins: bool,
  strip: usize, lists: usize,
): void {
  const oRow = bytes(O);
  packPanel(strip, x, iRow, rows, height);
  const terms = listTerms(lists, strip, 8, bytes(height), PANEL_STEP, height, rows, O);
  for (let o = 0, width = 0; o < O; o += width) {
    width = panelWidth(O - o);
    timesPanel(
      width, c, oRow, starts ? zeros : c, starts ? 0 : oRow, joins ? c : zeros, joins ? oRow : 0,
      strip, 8, bytes(height), panels + bytes(o * rows), bytes(width), height, rows, terms,
    );
    c += bytes(width);
  }
}

/** Sums over all rows, which start at 0; where `joins`, what stands in dW and db is added. */
function addInPlace(dW: usize, db: usize, x: usize, dy: usize, rows: i32, I: i32, O: i32, joins: bool): void {
  const oRow = bytes(O);
  for (let o = 0, width = 0; o < O; o += width) {
    width = panelWidth(O - o);
    const c = dW + bytes(o);
    timesPanel(
      width, c, oRow, zeros, 0, joins ? c : zeros, joins ? oRow : 0, x, 8, bytes(I), dy + bytes(o), oRow, I, rows, 0,
    );
    addColumnSums(width, db + bytes(o), dy + bytes(o), oRow, rows, true, joins);
  }
}

/** db = 1ᵀ · dy: the product with a row of ones, whose factor changes no bit. */
function addColumnSums(
  width: i32, db: usize, panel: usize, step: usize, rows: i32, starts: bool, joins: bool,
): void {
  timesPanel(width, db, 0, starts ? zeros : db, 0, joins ? db : zeros, 0, one, 0, 0, panel, step, 1, rows, 0);
}
