import { zeros } from './constants';
import { bytes, LANES, loadFirst, plus, splat, storeFirst, times } from './lanes';
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
// Weights from which one row reads them by rows, not by panels, whose lines lie far apart.
const MIN_STREAMED = 4096;
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
  if (B == 1 && I * O >= MIN_STREAMED) {
    addRowsOf(y, x, W, b, I, O);
    return;
  }
  for (let n = 0; n < B; n += LISTED_ROWS) {
    addInputs(y + <usize>n * bytes(O), x + <usize>n * bytes(I), W, b, min(B - n, LISTED_ROWS), I, O, scratch);
  }
}

/** One row of `affine`: sums stay in the first-level cache, and W is read as it lies in memory, four rows at a time. */
function addRowsOf(y: usize, x: usize, W: usize, b: usize, I: i32, O: i32): void {
  const oRow = bytes(O);
  let sums = b;
  let i = 0;
  for (; i + 4 <= I; i += 4, W += 4 * oRow) {
    const x0 = splat<v128>(load<Real>(x + bytes(i)));
    const x1 = splat<v128>(load<Real>(x + bytes(i + 1)));
    const x2 = splat<v128>(load<Real>(x + bytes(i + 2)));
    const x3 = splat<v128>(load<Real>(x + bytes(i + 3)));
    let w = W;
    let o = 0;
    for (; o + LANES <= O; o += LANES, w += 16) {
      let sum = plus(load<v128>(sums + bytes(o)), times(x0, load<v128>(w)));
      sum = plus(sum, times(x1, load<v128>(w + oRow)));
      sum = plus(sum, times(x2, load<v128>(w + 2 * oRow)));
      store<v128>(y + bytes(o), plus(sum, times(x3, load<v128>(w + 3 * oRow))));
    }
    if (o < O) {
      let sum = loadFirst(sums + bytes(o), O - o);
      sum = plus(sum, times(x0, loadFirst(w, O - o)));
      sum = plus(sum, times(x1, loadFirst(w + oRow, O - o)));
      sum = plus(sum, times(x2, loadFirst(w + 2 * oRow, O - o)));
      storeFirst(y + bytes(o), plus(sum, times(x3, loadFirst(w + 3 * oRow, O - o))), O - o);
    }
    sums = y;
  }
  const zero = splat<v128>(0);
  for (; i < I; i++, W += oRow, sums = y) {
    const xi = splat<v128>(load<Real>(x + bytes(i)));
    for (let o = 0; o < O; o += LANES) {
      const n = min(O - o, LANES);
      storeFirst(y + bytes(o), plus(loadFirst(sums + bytes(o), n), times(xi, loadFirst(W + bytes(o), n))), n);
    }
  }
  for (let o = 0; o < O; o += LANES) {
    const n = min(O - o, LANES);
    storeFirst(y + bytes(o), plus(loadFirst(y + bytes(o), n), zero), n);
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
