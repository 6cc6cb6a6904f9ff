import type { CallTape } from '../call-tape.ts';
import type { CodeLayout } from '../code.ts';
import { listArguments } from '../kernels/list-terms.ts';
import { listStep, type PanelMemory } from './panel-memory.ts';
import { countOf, heightOf, tilesOver } from './tiles-over.ts';

/** Lists which terms of a product are not 0. */
export interface TermLists {
  /**
   * Lists the terms of the tiles that `multiply` cuts M rows into, for calls that are `listed`: those k with an a[m,k]
   * that is not 0. K is `MAX_TERMS` at most, M `maxListedRows`.
   */
  listTerms(a: number, aRow: number, aStep: number, panelStep: number, M: number, K: number): void;
  /** Likewise of the one tile of `sumLeaves`, leaf by leaf: B rows, as in `setLeaves`. */
  listLeaves(a: number, aRow: number, aStep: number, M: number, B: number, leaf: number): void;
  /** Terms of the first of these tiles. Runs the tape. */
  countTerms(): number;
}

export function createTermLists(
  { lists }: CodeLayout,
  tape: CallTape,
  { leafPanel, terms, firstList }: PanelMemory,
): TermLists {
  const listedRows = lists.length - 1;

  /** `count` lists of K terms each of one tile, counted from its first row, from row n on. */
  function listOf(
    kernel: number,
    list: number,
    next: number,
    a: number,
    n: number,
    aRow: number,
    aStep: number,
    K: number,
    count: number,
  ): void {
    const start = n * leafPanel.step;
    tape.write(
      listArguments,
      kernel,
      a + n * aStep,
      a,
      list,
      next,
      aRow,
      aStep,
      leafPanel.step,
      K,
      count,
      0,
      0,
      0,
      start,
      0,
    );
  }

  return {
    listTerms(a, aRow, aStep, step, M, K) {
      const next = listStep(K);
      const tiles = tilesOver(M, listedRows);
      for (let m = 0, tile = 0; m < M; ) {
        const left = tiles - tile;
        const height = heightOf(M - m, left);
        const count = countOf(M - m, left); // of this height
        const tileA = a + m * aRow;
        tape.write(
          listArguments,
          lists[height],
          tileA,
          tileA,
          terms + tile * next,
          next,
          aRow,
          aStep,
          step,
          K,
          count,
          height * aRow,
          K * aStep,
          height * aRow,
          0,
          K * step,
        );
        m += count * height;
        tile += count;
      }
    },

    listLeaves(a, aRow, aStep, M, B, leaf) {
      const next = listStep(leaf);
      const whole = Math.floor(B / leaf);
      const kernel = lists[M];
      if (whole > 0) listOf(kernel, terms, next, a, 0, aRow, aStep, leaf, whole);
      const n = whole * leaf;
      if (n < B) listOf(kernel, terms + whole * next, next, a, n, aRow, aStep, B - n, 1);
    },

    countTerms() {
      tape.run();
      return firstList[0];
    },
  };
}
