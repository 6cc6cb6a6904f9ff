import type { Elements } from '../../element-type.ts';
import { MOST_NODE_ROWS } from '../../train/tree/index.ts';
import { addressOf } from '../address.ts';
import type { ProductShape } from '../scratch.ts';
import type { Products } from '../with-products.ts';
import type { CallTape } from './call-tape.ts';
import { AHEAD, MAX_PANEL, MAX_ROWS, MAX_TERMS, MOST_BLOCK, type PanelSize } from './panels/panel-memory.ts';
import type { Panels } from './panels/panels.ts';

// Terms of a sum that are added at a time. Between two blocks the sums wait in their array, which is exact.
const BLOCK = MAX_TERMS;
// Blocks whose panels are packed are joined up to so many: rows of a panel are asked for ahead, wherever they lie, and
// half as often do the sums go to their array and come back. Of W read in place, whose rows are pages apart, not.
const JOINED = MAX_ROWS / BLOCK;
// Rows of W of so many bytes are read where they lie, and all others for so few rows of x: to pack 512 columns for 32
// rows takes a fifth of the product.
const MAX_PLAIN_ROW = 1024;
const MAX_PLAIN_BATCH = 128;
// Of a sparse x the terms of a list come faster than lines that share a set of the cache: of 128 columns of doubles
// they take 1.3 of the time. So W is packed for more than so few rows.
const MAX_PLAIN_SPARSE_BATCH = 32;
/** Rows of a batch at a time for dW, those of several leaves among them. */
const BLOCK_ROWS = MOST_NODE_ROWS;
// Bytes of the columns of dy at a time: their panels stay in the second-level cache.
const PANEL_BYTES = 1_048_576;
const BLOCK_BYTES = 8192; // of a row
// Panels that are packed at a time: their rows follow each other in W, or in dy. Where these rows are pages apart, as
// those of 512 doubles are, packing takes 0.6 of the time of one panel after the other.
const PANELS = 4;
// Strips of x that are packed at a time for dW.
const STRIPS = 4;
// Columns of x over so many rows are read where they lie, and all others for rows of dy of so many bytes.
const MAX_PLAIN_ROWS = 32;
const MAX_PLAIN_GRADIENT = 512;
/** Bytes of a line of the caches. */
const LINE = 64;
// Terms of 0 are looked for in x of so many columns, for so many outputs, and left out where at most this share of a
// sample is not 0.
const MIN_SPARSE_INPUTS = 128;
const MIN_SPARSE_OUTPUTS = 32;
const MAX_DENSITY = 0.75;
// Strips of columns that are such a sample.
const SAMPLES = 4;

/** Where a block begins of `count` terms that are cut into as many. */
const startOf = (block: number, blocks: number, count: number): number => Math.floor((block * count) / blocks);

/** Bytes of a strip's row, which begins at a line. */
const stripRow = (bytes: number): number => Math.floor((bytes + LINE - 1) / LINE) * LINE;

/** Doubles of scratch that the products of an I x O dense layer take, for any number of rows and either type. */
export const nativeProductScratch = ([I, O]: ProductShape): number =>
  Math.max(
    (Math.min(Math.max(I, O), MAX_ROWS) + MOST_BLOCK) * PANELS * MAX_PANEL,
    Math.min(PANEL_BYTES, BLOCK_ROWS * 8 * O) + BLOCK_ROWS * (STRIPS + 1) * MAX_PANEL,
  ) / 8;

/**
 * The products of a dense layer, cut into panels. Every sum has the order of the reference, whatever the cut, and fuses
 * multiplication and addition: it equals `fusedProducts` bit for bit.
 */
export function createNativeProducts(
  {
    bytes,
    panelFor,
    leafPanel,
    listedRows,
    maxListedRows,
    zeros,
    one,
    pack,
    packTransposed,
    listTerms,
    countTerms,
    multiply,
    setLeaves,
    listLeaves,
    sumLeaves,
  }: Panels,
  tape: CallTape,
  scratch: Float64Array, // [nativeProductScratch] of the largest
): Products {
  const free = addressOf(scratch);
  /**
   * dW and db of up to `BLOCK_ROWS` rows in leaves of `leaf` rows. Sums start at 0 where `starts`, else, of one leaf,
   * at what stands in dW and db; where `joins`, they are added to that.
   */
  function addWeights(
    dW: number, // [I, O]
    db: number, // [O]
    x: number, // [B, I]
    dy: number, // [B, O]
    B: number,
    leaf: number,
    starts: boolean,
    joins: boolean,
    I: number,
    O: number,
  ): void {
    const iRow = bytes * I;
    const oRow = bytes * O;
    const panels = free + BLOCK_ROWS * STRIPS * MAX_PANEL;
    const next = starts ? 0 : leafPanel.step;
    const isSparse = hasSparseColumns(x, iRow, B, I, O);
    const most = isSparse ? listedRows : leafPanel.rows;
    const strips = Math.floor((I + most - 1) / most);
    const lowest = Math.floor(I / strips);
    const higher = I - lowest * strips; // strips that are a column wider, the first ones
    const isPacked = !isSparse && B > MAX_PLAIN_ROWS && oRow > MAX_PLAIN_GRADIENT;
    const width = Math.min(BLOCK_BYTES, Math.floor(PANEL_BYTES / B / leafPanel.step) * leafPanel.step) / bytes;
    setLeaves(B, leaf);
    for (let o = 0; o < O; o += width) {
      const N = Math.min(O - o, width);
      packAll(leafPanel, panels, dy + bytes * o, oRow, B, N);
      // 1 · dy + s is dy + s, rounded once.
      const sums = db + bytes * o;
      sumLeaves(sums, 0, starts ? zeros : sums, next, 0, one, 0, 0, panels, 1, B, N, joins, false);
      for (let strip = 0, i = 0; strip < strips; strip++) {
        const isHigher = strip < higher;
        const height = isHigher ? lowest + 1 : lowest;
        const c = dW + i * oRow + bytes * o;
        const column = x + bytes * i;
        const init = starts ? zeros : c;
        const initRow = starts ? 0 : oRow;
        if (isPacked) {
          const step = stripRow(bytes * height);
          const place = (isHigher ? strip : strip - higher) % STRIPS;
          const alike = (isHigher ? higher : strips) - strip;
          if (place === 0) pack(free, step, B * step, column, iRow, B, Math.min(alike, STRIPS) * height, height);
          const a = free + place * B * step;
          sumLeaves(c, oRow, init, next, initRow, a, bytes, step, panels, height, B, N, joins, false);
        } else {
          if (isSparse) listLeaves(column, bytes, iRow, height, B, leaf);
          sumLeaves(c, oRow, init, next, initRow, column, bytes, iRow, panels, height, B, N, joins, isSparse);
        }
        i += height;
      }
      tape.run(); // before the panels are written again
    }
  }

  /** N columns of K rows in panels behind each other, `PANELS` of them at a time. */
  function packAll(size: PanelSize, panels: number, source: number, row: number, K: number, N: number): void {
    const columns = PANELS * size.columns;
    for (let n = 0; n < N; n += columns) {
      const some = Math.min(N - n, columns);
      pack(panels + bytes * n * K, size.step, K * size.step, source + bytes * n, row, K, some, size.columns);
    }
  }

  /** Whether enough rows of x are 0 in all of a strip of columns, by a few strips. */
  function hasSparseColumns(x: number, iRow: number, rows: number, I: number, O: number): boolean {
    if (I < MIN_SPARSE_INPUTS || O < MIN_SPARSE_OUTPUTS) return false;
    let terms = 0;
    for (let sample = 0; sample < SAMPLES; sample++) {
      const i = Math.floor(((sample + 0.5) * I) / SAMPLES);
      listTerms(x + bytes * i, bytes, iRow, 0, listedRows, rows);
      terms += countTerms();
    }
    return terms <= MAX_DENSITY * SAMPLES * rows;
  }

  /** Whether enough terms of x's first tile are 0. */
  function isSparseTile(x: number, iRow: number, rows: number, K: number, O: number): boolean {
    if (K < MIN_SPARSE_INPUTS || O < MIN_SPARSE_OUTPUTS) return false;
    listTerms(x, iRow, bytes, 0, Math.min(rows, listedRows), K);
    return countTerms() <= MAX_DENSITY * K;
  }

  /** Likewise of a block of x's columns. */
  function isSparseBlock(
    x: number,
    iRow: number,
    rows: number,
    block: number,
    blocks: number,
    I: number,
    O: number,
  ): boolean {
    const i = startOf(block, blocks, I);
    return isSparseTile(x + bytes * i, iRow, rows, startOf(block + 1, blocks, I) - i, O);
  }

  /** y = x · W + b for up to `maxListedRows` rows. */
  function addInputs(
    y: number, // [B, O] out
    x: number, // [B, I]
    W: number, // [I, O]
    b: number, // [O]
    B: number,
    I: number,
    O: number,
  ): void {
    const iRow = bytes * I;
    const oRow = bytes * O;
    const panel = panelFor(O);
    const isShort = oRow <= MAX_PLAIN_ROW;
    const plainSparse = isShort && B <= MAX_PLAIN_SPARSE_BATCH;
    const plainDense = isShort || B <= MAX_PLAIN_BATCH;
    const blocks = Math.floor((I + BLOCK - 1) / BLOCK);
    for (let block = 0, end = 0; block < blocks; block = end) {
      const i = startOf(block, blocks, I);
      const a = x + bytes * i;
      const isSparse = isSparseBlock(x, iRow, B, block, blocks, I, O);
      const plain = isSparse ? plainSparse : plainDense;
      end = block + 1;
      if (!isSparse && !plain) {
        while (end < Math.min(block + JOINED, blocks) && !isSparseBlock(x, iRow, B, end, blocks, I, O)) end++;
      }
      const K = startOf(end, blocks, I) - i;
      const step = plain ? oRow : panel.step;
      // Where W is read in place, the next panel's row: a half of it lies in another core's cache since the update.
      // With it a step of 784-128-10 takes 0.88 of the time at batch 32, 0.91 at 128.
      const ahead = plain ? panel.step : AHEAD * panel.step;
      if (isSparse) listTerms(a, iRow, bytes, step, B, K);
      for (let o = 0; o < O; o += panel.columns) {
        const columns = Math.min(O - o, panel.columns);
        const c = y + bytes * o;
        const w = W + i * oRow + bytes * o;
        const place = (o / panel.columns) % PANELS;
        if (!plain && place === 0) packAll(panel, free, w, oRow, K, Math.min(O - o, PANELS * panel.columns));
        const from = plain ? w : free + place * K * panel.step;
        const init = block === 0 ? b + bytes * o : c;
        multiply(c, oRow, init, block === 0 ? 0 : oRow, a, iRow, bytes, from, step, ahead, B, K, columns, isSparse);
      }
    }
  }

  function affine(
    y: Elements, // [B, O] out
    x: Elements, // [B, I]
    W: Elements, // [I, O]
    b: Elements, // [O]
    B: number,
    I: number,
    O: number,
  ): void {
    for (let n = 0; n < B; n += maxListedRows) {
      const rows = Math.min(B - n, maxListedRows);
      addInputs(addressOf(y) + bytes * n * O, addressOf(x) + bytes * n * I, addressOf(W), addressOf(b), rows, I, O);
    }
    tape.run();
  }

  function affineBackwardInput(
    dx: Elements, // [B, I] out
    dy: Elements, // [B, O]
    W: Elements, // [I, O]
    B: number,
    I: number,
    O: number,
  ): void {
    const iRow = bytes * I;
    const oRow = bytes * O;
    const panel = panelFor(I);
    const blocks = Math.floor((O + MAX_ROWS - 1) / MAX_ROWS);
    for (let block = 0; block < blocks; block++) {
      const o = startOf(block, blocks, O);
      const K = startOf(block + 1, blocks, O) - o;
      const a = addressOf(dy) + bytes * o;
      for (let i = 0; i < I; i += panel.columns) {
        const columns = Math.min(I - i, panel.columns);
        packTransposed(free, panel.step, addressOf(W) + i * oRow + bytes * o, oRow, K, columns);
        const c = addressOf(dx) + bytes * i;
        const init = block === 0 ? zeros : c;
        multiply(
          c,
          iRow,
          init,
          block === 0 ? 0 : iRow,
          a,
          oRow,
          bytes,
          free,
          panel.step,
          AHEAD * panel.step,
          B,
          K,
          columns,
          false,
        );
      }
    }
    tape.run();
  }

  function affineBackwardWeights(
    dW: Elements, // [I, O] out
    db: Elements, // [O] out
    x: Elements, // [B, I]
    dy: Elements, // [B, O]
    B: number,
    leaf: number,
    joins: boolean,
    I: number,
    O: number,
  ): void {
    // Only a single leaf has more rows than one call takes.
    for (let n = 0; n < B; n += BLOCK_ROWS) {
      const rows = Math.min(B - n, BLOCK_ROWS);
      const [xAt, dyAt] = [addressOf(x) + bytes * n * I, addressOf(dy) + bytes * n * O];
      const own = Math.min(leaf, rows);
      addWeights(addressOf(dW), addressOf(db), xAt, dyAt, rows, own, n === 0, joins, I, O);
    }
  }

  return {
    affine: (y, x, W, b, B, I, O) => () => affine(y, x, W, b, B, I, O),
    affineBackwardInput: (dx, dy, W, B, I, O) => () => affineBackwardInput(dx, dy, W, B, I, O),
    affineBackwardWeights: (dW, db, x, dy, B, leaf, joins, I, O) => () =>
      affineBackwardWeights(dW, db, x, dy, B, leaf, joins, I, O),
  };
}
