import type { ProductKernels } from '../../code.ts';
import { RUN, type TileShape, tileArguments } from '../../kernels/tile.ts';
import type { CallTape } from '../call-tape.ts';
import { countOf, heightOf, listStep, type PanelMemory, PREFETCHED_ROWS, tilesOver } from './panel-memory.ts';

/** Writes the leaf table of a sum of B terms to `PanelMemory.table`, where later calls read it. */
export type PlaceLeaves = (B: number, leafRows: number) => void;

/** Products of panels, tile by tile. Without `placeLeaves` leaf tables are written at once: the tape must be empty. */
export function createTileProducts(
  { width, tile: kernelOf, tileRows }: ProductKernels,
  tape: CallTape,
  { bytes, table, leafWords, terms: lists, singleOf, vectorsOf, lastMask }: PanelMemory,
  placeLeaves: PlaceLeaves = (B, leafRows) => writeLeaves(leafWords, B, leafRows, listStep(leafRows)),
) {
  const tileOf = (terms: TileShape['terms'], columns: number, M: number): number =>
    kernelOf(vectorsOf(columns), terms, columns % width !== 0, M);

  return {
    /**
     * c[M,columns] = init + a[M,K] · panel[K,columns], in tiles below each other, as even as possible. Rows of `a` are
     * `aRow` bytes apart, its columns `aStep` bytes.
     */
    multiply(
      c: number,
      cRow: number,
      init: number,
      initRow: number,
      a: number,
      aRow: number,
      aStep: number,
      panel: number,
      step: number, // bytes of a row of the panel, here and below
      prefetchDistance: number, // from a row of the panel to the memory to prefetch with it, in bytes
      M: number,
      K: number,
      columns: number,
      terms: TileShape['terms'],
    ): void {
      const mask = lastMask(columns);
      const tiles = tilesOver(M, tileRows(vectorsOf(columns), terms));
      for (let m = 0, tile = 0; m < M; ) {
        const height = heightOf(M - m, tiles - tile);
        const count = countOf(M - m, tiles - tile); // tiles of this height
        tape.write(
          tileArguments,
          tileOf(terms, columns, height),
          c + m * cRow,
          init + m * initRow,
          a + m * aRow,
          panel,
          singleOf(K),
          mask,
          lists + tile * listStep(K),
          cRow,
          initRow,
          aRow,
          aStep,
          step,
          prefetchDistance,
          count,
          height * cRow,
          height * initRow,
          height * aRow,
          0, // nextPanel
          0, // accumulate
          listStep(K),
        );
        m += count * height;
        tile += count;
      }
    },

    /**
     * `multiply` for `planes` products of one size, whose factors and sums lie `nextC`, `nextA` and `nextPanel` bytes
     * apart: a call makes the same tile of each.
     */
    multiplyPlanes(
      c: number,
      cRow: number,
      nextC: number,
      init: number,
      initRow: number,
      nextInit: number,
      a: number,
      aRow: number,
      nextA: number,
      panel: number,
      step: number,
      nextPanel: number,
      M: number,
      K: number,
      columns: number,
      planes: number,
    ): void {
      const tiles = tilesOver(M, tileRows(vectorsOf(columns), 'all'));
      for (let m = 0, tile = 0; m < M; tile++) {
        const height = heightOf(M - m, tiles - tile);
        tape.write(
          tileArguments,
          tileOf('all', columns, height),
          c + m * cRow,
          init + m * initRow,
          a + m * aRow,
          panel,
          singleOf(K),
          lastMask(columns),
          0, // terms
          cRow,
          initRow,
          aRow,
          bytes, // aStep
          step,
          PREFETCHED_ROWS * step,
          planes, // count
          nextC,
          nextInit,
          nextA,
          nextPanel,
          0, // accumulate
          0, // nextTerms
        );
        m += height;
      }
    },

    /** Places the table that divides B terms into leaves for `sumLeaves` and `sumStrips`, and returns its address. */
    placeLeafTable(B: number, leafRows: number): number {
      if (leafRows >= B) return singleOf(B);
      placeLeaves(B, leafRows);
      return table;
    },

    /**
     * c[M,N] = init + a[M,B] · consecutive panels, for one tile of rows and all columns; the sums of leaves are joined
     * by the tree. Adds to `c` if `accumulate`.
     */
    sumLeaves(
      leafTable: number,
      panelColumns: number,
      step: number, // bytes of a row of a panel
      c: number,
      cRow: number,
      init: number,
      nextInit: number, // bytes from the init of a panel to that of the next; 0: all have the same
      initRow: number,
      a: number,
      aRow: number,
      aStep: number,
      panels: number,
      M: number,
      B: number,
      N: number,
      accumulate: boolean,
      terms: TileShape['terms'],
    ): void {
      for (let n = 0; n < N; ) {
        const columns = Math.min(N - n, panelColumns);
        const count = Math.max(Math.floor((N - n) / panelColumns), 1);
        tape.write(
          tileArguments,
          tileOf(terms, columns, M),
          c + bytes * n,
          nextInit === 0 ? init : init + bytes * n,
          a,
          panels + bytes * n * B,
          leafTable,
          lastMask(columns),
          lists,
          cRow,
          initRow,
          aRow,
          aStep,
          step,
          PREFETCHED_ROWS * step,
          count,
          bytes * columns,
          nextInit,
          0, // nextA
          B * step,
          accumulate ? 1 : 0,
          0, // nextTerms
        );
        n += count * columns;
      }
    },

    /**
     * c[M,columns] = init + a[M,B] · panel, leaf by leaf as `sumLeaves`, for `count` tiles of M rows below each other.
     * Columns of `a` are neighbours. Adds to `c` if `accumulate`.
     */
    sumStrips(
      leafTable: number,
      c: number,
      cRow: number,
      init: number,
      initRow: number,
      a: number,
      aStep: number,
      panel: number,
      step: number,
      M: number,
      columns: number,
      count: number,
      accumulate: boolean,
    ): void {
      tape.write(
        tileArguments,
        tileOf('all', columns, M),
        c,
        init,
        a,
        panel,
        leafTable,
        lastMask(columns),
        0, // terms
        cRow,
        initRow,
        bytes,
        aStep,
        step,
        PREFETCHED_ROWS * step,
        count,
        M * cRow,
        M * initRow,
        bytes * M,
        0, // nextPanel
        accumulate ? 1 : 0,
        0, // nextTerms
      );
    },

    /**
     * c[M,columns] = init + the terms of a table's runs, for `count` tiles of M rows. Adds to `c` if `accumulate`. With
     * lanes, each column has factors of its own, see `assembleTile`. `columns` is at most that of a panel whose tiles
     * have M rows.
     */
    sumRuns(
      c: number,
      cRow: number,
      init: number,
      a: number,
      aRow: number,
      aStep: number,
      panel: number,
      step: number,
      runs: number, // table
      M: number,
      columns: number,
      count: number,
      nextC: number,
      nextA: number,
      accumulate: boolean,
      terms: TileShape['terms'],
    ): void {
      tape.write(
        tileArguments,
        tileOf(terms, columns, M),
        c,
        init,
        a,
        panel,
        runs,
        lastMask(columns),
        0, // terms
        cRow,
        0, // initRow
        aRow,
        aStep,
        step,
        PREFETCHED_ROWS * step,
        count,
        nextC,
        0, // nextInit
        nextA,
        0, // nextPanel
        accumulate ? 1 : 0,
        0, // nextTerms
      );
    },
  };
}

/** Writes the leaf table of a sum of B terms in leaves of `leafRows`; lists of terms are `nextTerms` bytes apart. */
export function writeLeaves(
  words: Int32Array, // [leaves, RUN.words] out
  B: number,
  leafRows: number,
  nextTerms: number,
): void {
  for (let k = 0, n = 0; n < B; k++, n += leafRows) {
    const isLast = n + leafRows >= B;
    const at = RUN.words * k;
    words[at + RUN.terms] = Math.min(leafRows, B - n);
    // Before leaf k, the stack has one sum of a subtree for each 1 in the binary digits of k. The last leaf adds all
    // of them; any other leaf adds those that make a larger subtree with it.
    words[at + RUN.merges] = isLast ? onesOf(k) : onesOf(k) + 1 - onesOf(k + 1);
    words[at + RUN.more] = isLast ? 0 : 1;
    words[at + RUN.isPushed] = 1;
    words[at + RUN.nextTerms] = nextTerms;
    words.fill(0, at + RUN.skipA, at + RUN.words);
  }
}

/** Bits of k that are 1: the number of sums of subtrees on the stack before leaf k. */
export function onesOf(k: number): number {
  let ones = 0;
  for (let rest = k; rest > 0; rest >>= 1) ones += rest & 1;
  return ones;
}
