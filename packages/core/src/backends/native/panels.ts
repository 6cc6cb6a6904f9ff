import { bytesOfElements, type ElementType, elementView } from '../../element-type.ts';
import { addressOf } from '../address.ts';
import type { CallTape } from './call-tape.ts';
import type { CodeLayout } from './code.ts';
import { listArguments } from './kernels/list-terms.ts';
import { packArguments } from './kernels/pack.ts';
import { LEAF, TABLE_LEAVES, tableBytes, tileArguments } from './kernels/tile.ts';
import { transposeArguments } from './kernels/transpose.ts';
import { writeLeaves } from './leaf-table.ts';

/** Bytes of a vector at most, of any extension. */
const MAX_VECTOR = 64;
/** Bytes of a panel's row at most. */
export const MAX_PANEL = 2 * MAX_VECTOR;
/** Rows of a block that is transposed at most, as many as a vector has elements. */
export const MOST_BLOCK = MAX_VECTOR / 4;
/** Rows of a tile at most, of any extension. */
const MAX_ROWS = 14;
const ZEROS = MAX_PANEL;
const ONE = MAX_VECTOR;
const MASKS = 2 * MAX_VECTOR;

const CONSTANTS = ZEROS + ONE + MASKS;

/** Terms of a list at most. */
export const MAX_TERMS = 256;
const LISTS = 128;

/** Bytes of a leaf in a table. */
const LEAF_BYTES = 4 * LEAF.words;
/** The table of the leaves of a sum, tables of a single leaf of any length, which begin at lines, and lists. */
const TABLE = tableBytes(MAX_ROWS, MAX_PANEL);
const SINGLES = LEAF_BYTES * (MAX_TERMS + 1);

/** Bytes of a list of K terms, from which the next begins. */
const listStep = (K: number): number => 8 * (1 + K);

/** Doubles of scratch that the panels take, whatever the elements: constants, tables and lists. */
export const PANELS_SCRATCH = (CONSTANTS + TABLE + SINGLES + LISTS * listStep(MAX_TERMS)) / 8;

/** Products of panels, a panel being rows of as many columns as a tile has; arrays are byte offsets, steps in bytes. */
export interface Panels {
  readonly bytes: number; // of an element
  readonly columns: number; // of a full panel
  readonly tileRows: number; // of the highest tile
  readonly zeros: number; // a row of them, where sums begin
  readonly one: number; // a factor that changes no bit
  readonly listedRows: number; // of the highest tile whose terms are listed
  readonly maxListedRows: number; // of a call
  /** A mask of the first `lanes`, as many as a vector of either kind has at most. */
  maskOf(lanes: number): number;
  readonly panelStep: number; // from one row of a panel to the next
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
   * panel[k,r] = source[r,k] for K columns of up to `columns` rows. Overwrites `panel`, up to a multiple of
   * `MOST_BLOCK` rows.
   */
  packTransposed(panel: number, source: number, sourceStep: number, K: number, rows: number): void;
  /**
   * Lists the terms of the tiles that `multiply` cuts M rows into, for calls that are `listed`: those k with an a[m,k]
   * that is not 0. K is `MAX_TERMS` at most, M `maxListedRows`.
   */
  listTerms(a: number, aRow: number, aStep: number, panelStep: number, M: number, K: number): void;
  /** Likewise of the one tile of `sumLeaves`, leaf by leaf: B rows, as in `setLeaves`. */
  listLeaves(a: number, aRow: number, aStep: number, M: number, B: number, leaf: number): void;
  /** Terms of the first of these tiles. Runs the tape. */
  countTerms(): number;
  /** c[M,columns] = init + a[M,K] · panel[K,columns], in tiles below each other, as even as can be. */
  multiply(
    c: number,
    cRow: number,
    init: number,
    initRow: number,
    a: number,
    aRow: number,
    aStep: number,
    panel: number,
    panelStep: number,
    M: number,
    K: number,
    columns: number,
    listed: boolean,
  ): void;
  /** Says for the calls of `sumLeaves` that follow into which leaves their B terms fall. The tape must be empty. */
  setLeaves(B: number, leaf: number): void;
  /**
   * c[M,N] = init + a[M,B] · panels, one behind the other: a tile's height of rows, all of the columns, sums over
   * leaves added by the tree. Adds it where `joins`.
   */
  sumLeaves(
    c: number,
    cRow: number,
    init: number,
    nextInit: number,
    initRow: number,
    a: number,
    aRow: number,
    aStep: number,
    panels: number,
    M: number,
    B: number,
    N: number,
    joins: boolean,
    listed: boolean,
  ): void;
}

/** Writes the calls on `tape`; the caller runs it. Overwrites the constants of `scratch`. */
export function createPanels(
  {
    type,
    width,
    arithmeticWidth,
    tileRows,
    tileVectors,
    tiles: plainTiles,
    listedTiles,
    lists,
    packs,
    transposes,
  }: CodeLayout,
  tape: CallTape,
  scratch: Float64Array, // [PANELS_SCRATCH]
): Panels {
  const bytes = bytesOfElements(type, 1);
  const panelColumns = tileVectors * width;
  const mostLanes = Math.max(width, arithmeticWidth);
  const zeros = addressOf(scratch);
  const one = zeros + ZEROS;
  const masks = one + ONE;
  const table = zeros + CONSTANTS;
  const singles = table + TABLE;
  const terms = singles + SINGLES;
  const leafWords = new Int32Array(scratch.buffer, table, LEAF.words * TABLE_LEAVES);
  const firstList = new Int32Array(scratch.buffer, terms, 1);
  const listedRows = lists.length - 1;
  writeConstants(scratch, type, mostLanes);
  const singleWords = new Int32Array(scratch.buffer, singles, SINGLES / 4).fill(0);
  for (let K = 1; K <= MAX_TERMS; K++) singleWords[LEAF.words * K + LEAF.terms] = K;

  /** Vectors of a panel of so many columns. */
  const vectorsOf = (columns: number): number => Math.floor((columns + width - 1) / width);
  const maskOf = (lanes: number): number => masks + bytes * (mostLanes - lanes);
  /** The mask of a panel's last vector. */
  const lastMask = (columns: number): number => maskOf(columns - (vectorsOf(columns) - 1) * width);
  const panelStep = bytes * panelColumns;

  const kernelsOf = (columns: number, listed: boolean) =>
    (listed ? listedTiles : plainTiles)[vectorsOf(columns)][columns % width === 0 ? 'full' : 'masked'];
  const tilesOver = (M: number, listed: boolean): number => {
    const most = listed ? listedRows : tileRows;
    return Math.floor((M + most - 1) / most);
  };

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
    const start = n * panelStep;
    tape.write(
      listArguments,
      kernel,
      a + n * aStep,
      a,
      list,
      next,
      aRow,
      aStep,
      panelStep,
      K,
      count,
      0,
      0,
      0,
      start,
      0,
    );
  }

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
    bytes,
    columns: panelColumns,
    tileRows,
    zeros,
    one,
    listedRows,
    maxListedRows: LISTS * listedRows,
    maskOf,
    panelStep,

    pack(panel, step, next, source, sourceStep, K, columns, width) {
      const count = Math.floor(columns / width);
      if (count > 0) packPanels(panel, step, next, source, sourceStep, K, width, count);
      const rest = columns - count * width;
      if (rest > 0)
        packPanels(panel + count * next, step, next, source + bytes * count * width, sourceStep, K, rest, 1);
    },

    packTransposed(panel, source, sourceStep, K, rows) {
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

    listTerms(a, aRow, aStep, step, M, K) {
      const next = listStep(K);
      const tiles = tilesOver(M, true);
      for (let m = 0, tile = 0; m < M; ) {
        const left = tiles - tile;
        const height = Math.floor((M - m + left - 1) / left);
        const count = (M - m) % left || left; // of this height
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

    multiply(c, cRow, init, initRow, a, aRow, aStep, panel, step, M, K, columns, listed) {
      const kernels = kernelsOf(columns, listed);
      const mask = lastMask(columns);
      const tiles = tilesOver(M, listed);
      for (let m = 0, tile = 0; m < M; ) {
        const left = tiles - tile;
        const height = Math.floor((M - m + left - 1) / left);
        const count = (M - m) % left || left; // of this height
        tape.write(
          tileArguments,
          kernels[height],
          c + m * cRow,
          init + m * initRow,
          a + m * aRow,
          panel,
          singles + LEAF_BYTES * K,
          mask,
          terms + tile * listStep(K),
          cRow,
          initRow,
          aRow,
          aStep,
          step,
          count,
          height * cRow,
          height * initRow,
          height * aRow,
          0,
          0,
          listStep(K),
        );
        m += count * height;
        tile += count;
      }
    },

    setLeaves: (B, leaf) => writeLeaves(leafWords, B, leaf, listStep(leaf)),

    sumLeaves(c, cRow, init, nextInit, initRow, a, aRow, aStep, panels, M, B, N, joins, listed) {
      for (let n = 0; n < N; ) {
        const columns = Math.min(N - n, panelColumns);
        const count = Math.max(Math.floor((N - n) / panelColumns), 1);
        tape.write(
          tileArguments,
          kernelsOf(columns, listed)[M],
          c + bytes * n,
          nextInit === 0 ? init : init + bytes * n,
          a,
          panels + bytes * n * B,
          table,
          lastMask(columns),
          terms,
          cRow,
          initRow,
          aRow,
          aStep,
          panelStep,
          count,
          bytes * columns,
          nextInit,
          0,
          B * panelStep,
          joins ? 1 : 0,
          0,
        );
        n += count * columns;
      }
    },
  };
}

/**
 * Zeros, a one, and masks: as many elements whose bits are all 1 as a vector has at most, then as many of 0, to be
 * read from any place on.
 */
function writeConstants(scratch: Float64Array, type: ElementType, mostLanes: number): void {
  const { buffer, byteOffset } = scratch;
  scratch.fill(0, 0, CONSTANTS / 8);
  elementView(type, buffer, byteOffset + ZEROS, 1)[0] = 1;
  new Uint8Array(buffer, byteOffset + ZEROS + ONE).fill(255, 0, bytesOfElements(type, mostLanes));
}
