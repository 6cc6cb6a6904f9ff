import type { ProductKernels } from '../../code.ts';
import { listArguments } from '../../kernels/list-terms.ts';
import type { CallTape } from '../call-tape.ts';
import { countOf, heightOf, listStep, type PanelMemory, tilesOver } from './panel-memory.ts';

export function createTermLists(
  { list: kernelOf, listedRows }: ProductKernels,
  tape: CallTape,
  { terms, firstList }: PanelMemory,
) {
  /** Makes `count` lists of K terms each for one tile, from term n on. All distances count from the tile's term 0. */
  function listOf(
    kernel: number,
    panelStep: number,
    list: number,
    next: number,
    a: number,
    n: number,
    aRow: number,
    aStep: number,
    K: number,
    count: number,
  ): void {
    const { write } = tape;
    const start = n * panelStep;
    const from = a + n * aStep;
    const still = 0; // list after list, `a` and the panel's row go on from the last term, the origin stays
    write(
      listArguments,
      kernel,
      from,
      a,
      list,
      next,
      aRow,
      aStep,
      panelStep,
      K,
      count,
      still, // nextA
      still, // back
      still, // nextOrigin
      start,
      still, // panelBack
    );
  }

  return {
    /**
     * Lists the terms of each tile of M rows for a `listed` call of `multiply`: those k for which some a[m,k] is not 0.
     * K is at most `MAX_TERMS`, M at most `maxListedRows`.
     */
    listTerms(a: number, aRow: number, aStep: number, panelStep: number, M: number, K: number): void {
      const next = listStep(K);
      const tiles = tilesOver(M, listedRows);
      for (let m = 0, tile = 0; m < M; ) {
        const height = heightOf(M - m, tiles - tile);
        const count = countOf(M - m, tiles - tile); // tiles of this height
        const tileA = a + m * aRow;
        tape.write(
          listArguments,
          kernelOf(height),
          tileA,
          tileA,
          terms + tile * next,
          next,
          aRow,
          aStep,
          panelStep,
          K,
          count,
          height * aRow, // nextA
          K * aStep, // back
          height * aRow, // nextOrigin
          0, // panelStart
          K * panelStep, // panelBack
        );
        m += count * height;
        tile += count;
      }
    },

    /** Lists the terms of the one tile of `sumLeaves`, leaf by leaf. */
    listLeaves(
      panelStep: number,
      a: number,
      aRow: number,
      aStep: number,
      M: number,
      B: number,
      leafRows: number,
    ): void {
      const next = listStep(leafRows);
      const wholeLeaves = Math.floor(B / leafRows);
      const kernel = kernelOf(M);
      if (wholeLeaves > 0) listOf(kernel, panelStep, terms, next, a, 0, aRow, aStep, leafRows, wholeLeaves);
      const n = wholeLeaves * leafRows;
      if (n < B) listOf(kernel, panelStep, terms + wholeLeaves * next, next, a, n, aRow, aStep, B - n, 1);
    },

    /** Number of terms of the first listed tile. Runs the tape. */
    countTerms(): number {
      tape.run();
      return firstList[0];
    },
  };
}
