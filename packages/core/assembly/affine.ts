import { zeros } from './constants';
import { bytes, LANES } from './lanes';
import { PANEL, PANEL_STEP, packPanel, panelWidth, transposePanel } from './panels';
import { timesPanel } from './product';
import { listTerms } from './terms';

// Columns of x taken at a time: a panel of 16 KiB and a tile's rows of x then stay in the first-level cache (at I =
// 784, one panel of all I reaches 0.86 of the tile's own speed, blocks 0.93). Between blocks the sums are stored in y,
// which is exact.
const BLOCK = 256;
/** With fewer rows a packed panel is not read often enough to repay the packing. */
const MIN_PACKED_ROWS = 8;
// Up to here a block of W stays in the first-level cache unpacked: 64x64 reaches 0.96 in place, 0.91 packed. The lines
// of wider rows conflict with those of y: 16x256 reaches 0.83 in place, 0.94 packed. For float32 the limits allow more
// columns: 16x100, 64x128, 128x64 and 32x256 take 0.92 to 0.96 of the time in place.
const MAX_PLAIN_COLUMNS: i32 = LANES == 2 ? 64 : 256;
const MAX_PLAIN: i32 = LANES == 2 ? 4096 : 8192;
// Rows with listed terms at a time: 129 KiB of lists.
const LISTED_ROWS = 128;
// With fewer terms a list does not pay off.
const MIN_LISTED_TERMS = 128;

/**
 * y[B,O] = x[B,I] · W[I,O] + b[O]; each sum starts at b[o] and adds i ascending. Overwrites `y`. scratch: a packed
 * panel [BLOCK, PANEL], then lists.
 */
export function affine(
  y: usize, x: usize, W: usize, b: usize, B: i32, I: i32, O: i32, scratch: usize,
): void {
  for (let n = 0; n < B; n += LISTED_ROWS) {
    addInputs(y + <usize>n * bytes(O), x + <usize>n * bytes(I), W, b, min(B - n, LISTED_ROWS), I, O, scratch);
  }
}

function addInputs(
  y: usize, x: usize, W: usize, b: usize, B: i32, I: i32, O: i32, scratch: usize,
): void {
  const iRow = bytes(I);
  const oRow = bytes(O);
  const plain = B < MIN_PACKED_ROWS || (O <= MAX_PLAIN_COLUMNS && min(I, BLOCK) * O <= MAX_PLAIN);
  let i = 0;
  do {
    const K = min(I - i, BLOCK);
    const xBlock = x + bytes(i);
    const wStep = plain ? oRow : PANEL_STEP;
    const lists: usize = K < MIN_LISTED_TERMS
      ? 0 : listTerms(scratch + bytes(PANEL * min(I, BLOCK)), xBlock, iRow, bytes(1), wStep, B, K, O);
    for (let o = 0, width = 0; o < O; o += width) {
      width = panelWidth(O - o);
      const c = y + bytes(o);
      const w = W + <usize>i * oRow + bytes(o);
      if (!plain) packPanel(scratch, w, oRow, K, width);
      timesPanel(
        width, c, oRow, i == 0 ? b + bytes(o) : c, i == 0 ? 0 : oRow, zeros, 0, xBlock, iRow, bytes(1),
        plain ? w : scratch, plain ? oRow : bytes(width), B, K, lists,
      );
    }
    i += BLOCK;
  } while (i < I);
}

/** dx[B,I] = dy[B,O] · Wᵀ; each sum starts at 0 and adds o ascending. Overwrites `dx`. scratch [PANEL, BLOCK]. */
export function affineBackwardInput(
  dx: usize, dy: usize, W: usize, B: i32, I: i32, O: i32, scratch: usize,
): void {
  const iRow = bytes(I);
  const oRow = bytes(O);
  for (let i = 0, width = 0; i < I; i += width) {
    width = panelWidth(I - i);
    const dxColumn = dx + bytes(i);
    let sums: usize = zeros;
    let sumsRow: usize = 0;
    let o = 0;
    do {
      const K = min(O - o, BLOCK);
      const w = W + <usize>i * oRow + bytes(o);
      if (width > 1) transposePanel(scratch, w, oRow, K, width);
      timesPanel(
        width, dxColumn, iRow, sums, sumsRow, zeros, 0, dy + bytes(o), oRow, bytes(1),
        width > 1 ? scratch : w, bytes(width), B, K, 0,
      );
      sums = dxColumn;
      sumsRow = iRow;
      o += BLOCK;
    } while (o < O);
  }
}
