import { addressOf } from '../address.ts';
import type { CallTape } from './call-tape.ts';
import type { CodeLayout } from './machine-code/program.ts';
import { TILE_VECTORS } from './machine-code/tile.ts';

/** Doubles of a vector at most, of any extension. */
export const MAX_WIDTH = 8;
/** Columns of a panel at most. */
export const MAX_PANEL = TILE_VECTORS * MAX_WIDTH;
const ZEROS = MAX_PANEL;
const ONE = MAX_WIDTH;
const MASKS = 2 * MAX_WIDTH;

/** Doubles at the start of the scratch that stay as they are. */
export const CONSTANTS = ZEROS + ONE + MASKS;

/** Products of panels, a panel being rows of as many columns as a tile has; arrays are byte offsets, steps in bytes. */
export interface Panels {
  readonly columns: number; // of a full panel
  readonly tileRows: number; // of the highest tile
  readonly zeros: number; // a row of them, where sums begin
  readonly one: number; // a factor that changes no bit
  readonly free: number; // scratch behind these
  /** A mask of the first `lanes`, as many as a vector has at most. */
  maskOf(lanes: number): number;
  /** From one row of a panel of so many columns to the next. */
  stepOf(columns: number): number;
  /** The first columns of K rows of `source`, behind each other. Overwrites `panel`. */
  pack(panel: number, source: number, sourceStep: number, K: number, columns: number): void;
  /** panel[k,r] = source[r,k] for K columns of up to `columns` rows. Overwrites `panel`, up to a multiple of `MAX_WIDTH` rows. */
  packTransposed(panel: number, source: number, sourceStep: number, K: number, rows: number): void;
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
  ): void;
  /** c[M,N] = init + a[M,K] · panels, one behind the other: a tile's height of rows, all of the columns. Adds it where `joins`. */
  multiplyAcross(
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
    K: number,
    N: number,
    joins: number,
  ): void;
}

/** Writes the calls on `tape`; the caller runs it. Overwrites the constants of `scratch`. */
export function createPanels(
  { packs, tileRows, tiles, transposes, width }: CodeLayout,
  tape: CallTape,
  scratch: Float64Array, // [CONSTANTS + *]
): Panels {
  const panelColumns = TILE_VECTORS * width;
  const zeros = addressOf(scratch);
  const one = zeros + 8 * ZEROS;
  const masks = one + 8 * ONE;
  writeConstants(scratch, width);

  /** Vectors of a panel of so many columns. */
  const vectorsOf = (columns: number): number => (columns > width ? 2 : 1);
  /** The mask of its last vector. */
  const maskOf = (columns: number): number => masks + 8 * (vectorsOf(columns) * width - columns);
  const stepOf = (columns: number): number => 8 * width * vectorsOf(columns);

  const kernelsOf = (columns: number) => tiles[vectorsOf(columns)][columns % width === 0 ? 'full' : 'masked'];

  return {
    columns: panelColumns,
    tileRows,
    zeros,
    one,
    free: zeros + 8 * CONSTANTS,
    maskOf,
    stepOf,

    pack(panel, source, sourceStep, K, columns) {
      const kernel = packs[vectorsOf(columns)];
      tape.pack(kernel, panel, stepOf(columns), source, sourceStep, K, maskOf(columns));
    },

    packTransposed(panel, source, sourceStep, K, rows) {
      const rest = K % width;
      for (let r = 0; r < rows; r += width) {
        tape.transpose(
          transposes[Math.min(rows - r, width)],
          panel + 8 * r,
          stepOf(rows),
          source + r * sourceStep,
          sourceStep,
          (K - rest) / width,
          rest,
          maskOf(rest),
        );
      }
    },

    multiply(c, cRow, init, initRow, a, aRow, aStep, panel, panelStep, M, K, columns) {
      const kernels = kernelsOf(columns);
      const mask = maskOf(columns);
      const all = Math.floor((M + tileRows - 1) / tileRows);
      const low = Math.floor(M / all);
      const high = M - low * all; // tiles of a row more
      for (let m = 0; m < M; ) {
        const height = m < high * (low + 1) ? low + 1 : low;
        const count = height > low ? high : all - high;
        tape.tile(
          kernels[height],
          c + m * cRow,
          cRow,
          init + m * initRow,
          initRow,
          a + m * aRow,
          aRow,
          aStep,
          panel,
          panelStep,
          K,
          count,
          height * cRow,
          height * initRow,
          height * aRow,
          0,
          mask,
          0,
        );
        m += count * height;
      }
    },

    multiplyAcross(c, cRow, init, nextInit, initRow, a, aRow, aStep, panels, M, K, N, joins) {
      for (let n = 0; n < N; ) {
        const columns = Math.min(N - n, panelColumns);
        const count = Math.max(Math.floor((N - n) / panelColumns), 1);
        const panelStep = stepOf(columns);
        tape.tile(
          kernelsOf(columns)[M],
          c + 8 * n,
          cRow,
          nextInit === 0 ? init : init + 8 * n,
          initRow,
          a,
          aRow,
          aStep,
          panels + 8 * n * K,
          panelStep,
          K,
          count,
          8 * columns,
          nextInit,
          0,
          K * panelStep,
          maskOf(columns),
          joins,
        );
        n += count * columns;
      }
    },
  };
}

/** Zeros, a one, and masks: as many words of -1 as a vector has lanes, then as many of 0, to be read from any place on. */
function writeConstants(scratch: Float64Array, width: number): void {
  scratch.fill(0, 0, CONSTANTS);
  scratch[ZEROS] = 1;
  const masks = new Int32Array(scratch.buffer, scratch.byteOffset + 8 * (ZEROS + ONE), 2 * MASKS);
  masks.fill(-1, 0, 2 * width);
}
