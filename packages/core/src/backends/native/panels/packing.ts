import type { CallTape } from '../call-tape.ts';
import type { CodeLayout } from '../code.ts';
import { packArguments } from '../kernels/pack.ts';
import { transposeArguments } from '../kernels/transpose.ts';
import type { PanelMemory } from './panel-memory.ts';

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

  return {
    pack(panel, step, next, source, sourceStep, K, columns, width) {
      const count = Math.floor(columns / width);
      if (count > 0) packPanels(panel, step, next, source, sourceStep, K, width, count);
      const rest = columns - count * width;
      if (rest > 0)
        packPanels(panel + count * next, step, next, source + bytes * count * width, sourceStep, K, rest, 1);
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
