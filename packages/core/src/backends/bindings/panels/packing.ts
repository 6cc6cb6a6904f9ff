import type { ProductKernels } from '../../code.ts';
import { packArguments } from '../../kernels/pack.ts';
import { transposeArguments } from '../../kernels/transpose.ts';
import type { CallTape } from '../call-tape.ts';
import type { PanelMemory, PanelSize } from './panel-memory.ts';

/**
 * Panels packed at a time, side by side in W or dy. If their rows are pages apart, such as rows of 512 doubles, this
 * takes 0.6 of the time of packing one panel after the other.
 */
export const PANELS = 4;

/** Packs factors into panels. */
export function createPacking(
  layout: ProductKernels,
  tape: CallTape,
  { bytes, maskOf, vectorsOf, lastMask }: PanelMemory,
) {
  const { width } = layout;

  /** Packs `count` panels of `columns` columns each. */
  function packPanels(
    panel: number,
    step: number,
    next: number,
    source: number,
    sourceStep: number,
    K: number,
    columns: number,
    count: number,
  ): void {
    const kernel = layout.pack(vectorsOf(columns));
    const mask = lastMask(columns);
    tape.write(packArguments, kernel, panel, source, mask, step, sourceStep, next, bytes * columns, K, count);
  }

  /**
   * Packs columns of K rows of `source` into panels of `width` columns that are `next` bytes apart. `width` is at most
   * that of a full panel. Overwrites whole vectors of the panels.
   */
  function pack(
    panel: number,
    step: number,
    next: number,
    source: number,
    sourceStep: number,
    K: number,
    columns: number,
    width: number,
  ): void {
    const count = Math.floor(columns / width);
    if (count > 0) packPanels(panel, step, next, source, sourceStep, K, width, count);
    const rest = columns - count * width;
    if (rest > 0) packPanels(panel + count * next, step, next, source + bytes * count * width, sourceStep, K, rest, 1);
  }

  return {
    pack,

    /** Packs N columns of K rows into consecutive panels, `PANELS` of them at a time. */
    packAll(size: PanelSize, panels: number, source: number, sourceStep: number, K: number, N: number): void {
      const columns = PANELS * size.columns;
      for (let n = 0; n < N; n += columns) {
        const count = Math.min(N - n, columns);
        pack(panels + bytes * n * K, size.step, K * size.step, source + bytes * n, sourceStep, K, count, size.columns);
      }
    },

    /**
     * panel[k,r] = source[r,k] for K columns. `rows` is at most the number of columns in a panel of W. Overwrites
     * `panel` up to a multiple of `MAX_BLOCK_ROWS` rows.
     */
    packTransposed(
      panel: number,
      panelStep: number,
      source: number,
      sourceStep: number,
      K: number,
      rows: number,
    ): void {
      const blockCount = Math.floor(rows / width);
      const blockRows = blockCount * width;
      if (blockCount > 0) transposeRows(panel, panelStep, source, sourceStep, K, width, blockCount);
      if (blockRows === rows) return;
      transposeRows(
        panel + bytes * blockRows,
        panelStep,
        source + blockRows * sourceStep,
        sourceStep,
        K,
        rows - blockRows,
        1,
      );
    },
  };

  /** Transposes `count` times M rows. */
  function transposeRows(
    panel: number,
    panelStep: number,
    source: number,
    sourceStep: number,
    K: number,
    M: number,
    count: number,
  ): void {
    const rest = K % width;
    const kernel = layout.transpose(M);
    const blocks = (K - rest) / width;
    const { write } = tape;
    const next = M * sourceStep;
    write(transposeArguments, kernel, panel, source, maskOf(rest), panelStep, sourceStep, blocks, rest, count, next);
  }
}
