import type { CallTape } from '../call-tape.ts';
import type { CodeLayout } from '../code.ts';
import { packArguments } from '../kernels/pack.ts';
import { transposeArguments } from '../kernels/transpose.ts';
import type { PanelMemory, PanelSize } from './panel-memory.ts';

/**
 * Panels that are packed at a time: their rows follow each other in W, or in dy. Where these rows are pages apart, as
 * those of 512 doubles are, packing takes 0.6 of the time of one panel after the other.
 */
export const PANELS = 4;

/** Copies factors into panels. */
export interface Packing {
  /**
   * Columns of K rows of `source` in panels of `width` columns, as many as a full one has at most, which are `next`
   * bytes apart. Overwrites whole vectors of them.
   */
  pack(
    panel: number,
    panelStep: number,
    next: number,
    source: number,
    sourceStep: number,
    K: number,
    columns: number,
    width: number,
  ): void;
  /** N columns of K rows in panels behind each other, `PANELS` of them at a time. */
  packAll(size: PanelSize, panels: number, source: number, sourceStep: number, K: number, N: number): void;
  /**
   * panel[k,r] = source[r,k] for K columns of up to as many rows as a panel of W has columns. Overwrites `panel`, up to
   * a multiple of `MOST_BLOCK` rows.
   */
  packTransposed(panel: number, panelStep: number, source: number, sourceStep: number, K: number, rows: number): void;
}

export function createPacking(
  { width, packs, transposes }: CodeLayout,
  tape: CallTape,
  { bytes, maskOf, vectorsOf, lastMask }: PanelMemory,
): Packing {
  /** `count` panels of so many columns. */
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
    const kernel = packs[vectorsOf(columns)];
    const mask = lastMask(columns);
    tape.write(packArguments, kernel, panel, source, mask, step, sourceStep, next, bytes * columns, K, count);
  }

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

    packAll(size, panels, source, sourceStep, K, N) {
      const columns = PANELS * size.columns;
      for (let n = 0; n < N; n += columns) {
        const some = Math.min(N - n, columns);
        pack(panels + bytes * n * K, size.step, K * size.step, source + bytes * n, sourceStep, K, some, size.columns);
      }
    },

    packTransposed(panel, panelStep, source, sourceStep, K, rows) {
      const rest = K % width;
      for (let r = 0; r < rows; r += width) {
        tape.write(
          transposeArguments,
          transposes[Math.min(rows - r, width)],
          panel + bytes * r,
          source + r * sourceStep,
          maskOf(rest),
          panelStep,
          sourceStep,
          (K - rest) / width,
          rest,
        );
      }
    },
  };
}
