import { MAX_NODE_ROWS } from '../../math/tree/index.ts';
import type { CallTape } from './call-tape.ts';
import { MAX_PANEL, tilesOver } from './panels/panel-memory.ts';
import type { Panels } from './panels/panels.ts';
import type { Sparsity } from './sparsity.ts';

/** Maximum number of rows of a batch at a time for dW, in one leaf or several. */
const BLOCK_ROWS = MAX_NODE_ROWS;
// Maximum number of bytes of packed columns of dy at a time, to stay in the second-level cache, and of a row of them.
const PANEL_BYTES = 1_048_576;
const BLOCK_BYTES = 8192;
// Strips of x packed at a time: a strip is the columns of x, and the rows of dW, of one tile.
const STRIPS = 4;
// x is read in place if it has at most this many rows, or if rows of dy have at most this many bytes.
const MAX_IN_PLACE_ROWS = 32;
const MAX_IN_PLACE_GRADIENT = 512;
// Maximum number of bytes of x that are read for each panel.
const MAX_CACHED = 131_072;
// A dy of one panel is read in place if it is read at most this often.
const MAX_IN_PLACE_STRIPS = 4;
/** Bytes of a cache line. */
const LINE = 64;

/** Bytes of a strip's row, padded to whole cache lines. */
const stripRow = (bytes: number): number => Math.floor((bytes + LINE - 1) / LINE) * LINE;

/** Bytes of scratch for dW of O columns. */
export const weightProductBytes = (O: number): number =>
  Math.min(PANEL_BYTES, BLOCK_ROWS * 8 * O) + BLOCK_ROWS * (STRIPS + 1) * MAX_PANEL;

/** Creates the function of a dense layer's weight gradient. It uses `weightProductBytes` of memory from `free` on. */
export function createWeightGradient(panels: Panels, { hasSparseColumns }: Sparsity, tape: CallTape, free: number) {
  const { bytes, leafPanelFor, listedRows, zeros, one, pack, packAll } = panels;
  const { placeLeafTable, listLeaves, sumLeaves, sumStrips } = panels;

  /**
   * dW and db of up to `BLOCK_ROWS` rows in leaves of `leafRows` rows. Sums start at 0 if `isFirstBlock`; else (one
   * leaf only) at the values of dW and db. If `accumulate`, the sums are added to the values of dW and db.
   */
  function backwardBlock(
    dW: number, // [I, O]
    db: number, // [O]
    x: number, // [B, I]
    dy: number, // [B, O]
    B: number,
    leafRows: number,
    isFirstBlock: boolean,
    accumulate: boolean,
    I: number,
    O: number,
  ): void {
    const iRow = bytes * I;
    const oRow = bytes * O;
    const packedAt = free + BLOCK_ROWS * STRIPS * MAX_PANEL;
    const leafPanel = leafPanelFor(O);
    const nextInit = isFirstBlock ? 0 : leafPanel.step; // the zeros serve all panels
    const isSparse = hasSparseColumns(x, iRow, B, I, O);
    const strips = tilesOver(I, isSparse ? listedRows : leafPanel.rows);
    const lowestHeight = Math.floor(I / Math.max(strips, 1)); // rows of dW in a strip
    const higherStrips = I - lowestHeight * strips; // the first strips, which have a column of x more than the others
    const isPacked = !isSparse && B > MAX_IN_PLACE_ROWS && oRow > MAX_IN_PLACE_GRADIENT;
    // Columns of dy that are packed at a time.
    const width = Math.min(BLOCK_BYTES, Math.floor(PANEL_BYTES / B / leafPanel.step) * leafPanel.step) / bytes;
    // Few calls for many strips: x is read again for each panel, from the second-level cache.
    const isPanelByPanel = !isSparse && !isPacked && (O <= leafPanel.columns || B * iRow <= MAX_CACHED);
    const isInPlace = O <= leafPanel.columns && strips <= MAX_IN_PLACE_STRIPS;
    const dyPanels = isInPlace ? dy : packedAt;
    const step = isInPlace ? oRow : leafPanel.step;
    const leafTable = placeLeafTable(B, leafRows);
    for (let o = 0; o < O; o += width) {
      const N = Math.min(O - o, width);
      if (!isInPlace) packAll(leafPanel, packedAt, dy + bytes * o, oRow, B, N);
      // 1 · dy + s is dy + s, rounded once.
      const sums = db + bytes * o;
      sumLeaves(
        leafTable,
        leafPanel.columns,
        step,
        sums,
        0, // cRow: the only row of c is db
        isFirstBlock ? zeros : sums,
        nextInit,
        0, // initRow
        one,
        0, // aRow
        0, // aStep: all factors are the 1
        dyPanels,
        1, // M
        B,
        N,
        accumulate,
        'all',
      );
      if (isPanelByPanel) {
        for (let n = 0; n < N; n += leafPanel.columns) {
          const columns = Math.min(N - n, leafPanel.columns);
          const c = dW + bytes * (o + n);
          const panel = dyPanels + bytes * n * B;
          const after = higherStrips * (lowestHeight + 1);
          addStrips(c, x, panel, higherStrips, lowestHeight + 1, columns);
          addStrips(c + after * oRow, x + bytes * after, panel, strips - higherStrips, lowestHeight, columns);
        }
        tape.run();
        continue;
      }
      for (let strip = 0, i = 0; strip < strips; strip++) {
        const isHigher = strip < higherStrips;
        const height = isHigher ? lowestHeight + 1 : lowestHeight;
        const c = dW + i * oRow + bytes * o;
        const column = x + bytes * i;
        const init = isFirstBlock ? zeros : c;
        const initRow = isFirstBlock ? 0 : oRow;
        let [a, aStep] = [column, iRow];
        if (isPacked) {
          aStep = stripRow(bytes * height);
          const slot = (isHigher ? strip : strip - higherStrips) % STRIPS;
          a = free + slot * B * aStep;
          const sameHeightStrips = (isHigher ? higherStrips : strips) - strip; // strips of this height from here on
          if (slot === 0)
            pack(free, aStep, B * aStep, column, iRow, B, Math.min(sameHeightStrips, STRIPS) * height, height);
        } else if (isSparse) listLeaves(step, column, bytes, iRow, height, B, leafRows);
        // c[height,N] = init + a[height,B] · dyPanels[B,N], where `a` is a strip of x, transposed by its steps.
        sumLeaves(
          leafTable,
          leafPanel.columns,
          step,
          c,
          oRow,
          init,
          nextInit,
          initRow,
          a,
          bytes,
          aStep,
          dyPanels,
          height,
          B,
          N,
          accumulate,
          isSparse ? 'listed' : 'all',
        );
        i += height;
      }
      tape.run(); // before the next loop overwrites the panels
    }

    /** Strips of the same height, for the columns of a panel: one call. */
    function addStrips(c: number, column: number, panel: number, count: number, height: number, columns: number): void {
      if (count === 0) return;
      const [init, initRow] = isFirstBlock ? [zeros, 0] : [c, oRow];
      sumStrips(leafTable, c, oRow, init, initRow, column, iRow, panel, step, height, columns, count, accumulate);
    }
  }

  /** dW = xᵀ dy and db = Σ dy over B rows in leaves of `leafRows`. Adds to `dW` and `db` if `accumulate`. */
  return (
    dW: number, // [I, O] out
    db: number, // [O] out
    x: number, // [B, I]
    dy: number, // [B, O]
    B: number,
    leafRows: number,
    accumulate: boolean,
    I: number,
    O: number,
  ): void => {
    // Only a single leaf can have more rows than one call takes.
    for (let n = 0; n < B; n += BLOCK_ROWS) {
      const rows = Math.min(B - n, BLOCK_ROWS);
      const blockLeafRows = Math.min(leafRows, rows);
      const isFirstBlock = n === 0;
      backwardBlock(dW, db, x + bytes * n * I, dy + bytes * n * O, rows, blockLeafRows, isFirstBlock, accumulate, I, O);
    }
  };
}
