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
 * scratch [BLOCK_ROWS, O + 8] and lists.
 */
export function affineBackwardWeights(
  dW: usize, db: usize, x: usize, dy: usize, B: i32, I: i32, O: i32, scratch: usize,
): void {
  const pack = I >= MIN_PACKED_SIDE && O >= MIN_PACKED_SIDE && I * O >= MIN_PACKED;
  let n = 0;
  do {
    const rows = min(B - n, BLOCK_ROWS);
    const xBlock = x + <usize>n * bytes(I);
    const dyBlock = dy + <usize>n * bytes(O);
    if (pack) addPacked(dW, db, xBlock, dyBlock, rows, I, O, n == 0, scratch);
    else addInPlace(dW, db, xBlock, dyBlock, rows, I, O, n == 0);
    n += BLOCK_ROWS;
  } while (n < B);
}

/** All of dy in panels, then x in strips of eight columns, so that dW is filled row by row. */
function addPacked(
  dW: usize, db: usize, x: usize, dy: usize, rows: i32, I: i32, O: i32, first: bool, scratch: usize,
): void {
  const iRow = bytes(I);
  const oRow = bytes(O);
  const panels = scratch + bytes(8 * BLOCK_ROWS);
  for (let o = 0, width = 0; o < O; o += width) {
    width = panelWidth(O - o);
    const panel = panels + bytes(o * rows);
    packPanel(panel, dy + bytes(o), oRow, rows, width);
    addColumnSums(width, db + bytes(o), panel, bytes(width), rows, first);
  }
  for (let i = 0, height = 0; i < I; i += height) {
    height = panelWidth(I - i);
    packPanel(scratch, x + bytes(i), iRow, rows, height);
    const lists = listTerms(panels + bytes(O * rows), scratch, 8, bytes(height), PANEL_STEP, height, rows, O);
    for (let o = 0, width = 0; o < O; o += width) {
      width = panelWidth(O - o);
      const c = dW + <usize>i * oRow + bytes(o);
      timesPanel(
        width, c, oRow, first ? zeros : c, first ? 0 : oRow, scratch, 8, bytes(height),
        panels + bytes(o * rows), bytes(width), height, rows, lists,
      );
    }
  }
}

function addInPlace(
  dW: usize, db: usize, x: usize, dy: usize, rows: i32, I: i32, O: i32, first: bool,
): void {
  const oRow = bytes(O);
  for (let o = 0, width = 0; o < O; o += width) {
    width = panelWidth(O - o);
    const c = dW + bytes(o);
    timesPanel(width, c, oRow, first ? zeros : c, first ? 0 : oRow, x, 8, bytes(I), dy + bytes(o), oRow, I, rows, 0);
    addColumnSums(width, db + bytes(o), dy + bytes(o), oRow, rows, first);
  }
}

/** db = 1ᵀ · dy: the product with a row of ones, whose factor changes no bit. */
function addColumnSums(width: i32, db: usize, panel: usize, step: usize, rows: i32, first: bool): void {
  timesPanel(width, db, 0, first ? zeros : db, 0, one, 0, 0, panel, step, 1, rows, 0);
}
