import { bytesOfElements, elementView } from '../../../math/element-type.ts';
import { addressOf } from '../../../program/address.ts';
import type { FixedCall } from '../../../program/kernels.ts';
import type { CodeLayout } from '../../code.ts';
import { LEAF_BLOCK, leafSumsArguments, spreadArguments, targetsArguments } from '../../kernels/losses.ts';
import { LANES, rowLanesArguments } from '../../kernels/row-lanes.ts';
import { createCallRecorder } from '../call-tape.ts';
import type { PanelMemory } from '../panels/panel-memory.ts';
import { placeArrays } from '../scratch-arrays.ts';

/** Maximum rows of a group. What a kernel writes for a group stays in the caches until the next one reads it. */
const GROUP_ROWS = 1024;
/** Maximum number of columns of rows that are summed at once. Wider rows are cut into pieces. */
const MAX_COLUMNS = 1024;
/** Rows of at least this many vectors are computed one by one: few lanes of their last vector stay empty. */
const MIN_WIDE_VECTORS = 4;

/** Maximum number of bytes of a vector. */
const VECTOR = 64;

/** Bytes of an array in scratch, and of a vector: kernels write up to a vector more than they fill. */
const roomOf = (size: number): number => bytesOfElements('float64', size) + VECTOR;

/** Bytes of the arrays in scratch. */
const sizes = {
  terms: roomOf(LANES * MAX_COLUMNS), // of the sums of rows
  spread: roomOf(LANES * MAX_COLUMNS), // the number of each row, repeated
  maxima: roomOf(GROUP_ROWS),
  sums: roomOf(GROUP_ROWS),
  logitSums: roomOf(GROUP_ROWS),
  logits: roomOf(GROUP_ROWS), // at the classes of the rows
  gradients: roomOf(GROUP_ROWS), // at the classes of the rows
  rowLosses: roomOf(GROUP_ROWS),
  lanes: roomOf(LANES * LANES * LANES), // of up to four rows whose sums go on in the next piece, each four times
  maximaStart: roomOf(LANES * LANES), // -∞, where the lanes of maxima begin
};

/** Doubles of scratch for losses of either element type. */
export const LOSS_SCRATCH = Object.values(sizes).reduce((sum, size) => sum + size, 0) / 8;

/** Records calls for rows `first` to `first` + `count` - 1, which are a group. */
type RowCalls = (first: number, count: number) => void;

/** A formula of losses, with its arrays and numbers in order. */
export interface FormulaCall {
  /** Its name in `lossFormulas`, or the offset of its kernel. */
  readonly name: string | number;
  readonly arrays: readonly number[];
  readonly numbers?: readonly number[];
  /** Where the sum of the terms of each row goes, and what it is divided by. */
  readonly sums?: { readonly results: number; readonly divisor: number };
}

/**
 * Calls of kernels for rows of O numbers. They are recorded once, and then run as often as the operation. Arrays are
 * given by address; arrays in scratch have the rows of one group alone.
 */
export interface RowKernels {
  readonly scratchArrays: Readonly<Record<keyof typeof sizes, number>>;
  /** Records the calls of B rows, group by group. */
  record(B: number, O: number, calls: readonly RowCalls[]): readonly FixedCall[];
  /** Computes a formula of O numbers of each row. */
  compute(O: number, call: FormulaCall): RowCalls;
  /** Computes a formula whose second array has one number for each row: elements in scratch, or doubles elsewhere. */
  computeByRow(O: number, call: FormulaCall, rowNumbers: 'elements' | 'doubles'): RowCalls;
  /** results[n] = the sum, or the maximum, of row n of x. */
  reduceRows(reduction: 'rowSums' | 'rowMaxima', O: number, results: number, x: number): RowCalls;
  /** Reads the numbers of x at the classes of the rows, or writes them. */
  atClasses(access: 'readTargets' | 'writeTargets', O: number, values: number, x: number, classes: number): RowCalls;
  /** Adds losses to the sums of their leaves: of a group, in scratch; with weights, doubles of all rows of the call. */
  addLeaves(leafSums: number, leafRows: number, losses: number, weights?: number): RowCalls;
}

export function createRowKernels(
  { losses: kernels, lossFormulas, width, type }: CodeLayout,
  { bytes, maskOf, sizesOf, zeros }: PanelMemory,
  scratch: Float64Array, // [LOSS_SCRATCH]
): RowKernels {
  const start = addressOf(scratch);
  const end = start + 8 * LOSS_SCRATCH;
  const scratchArrays = placeArrays(start, sizes);
  const { terms, spread, lanes, maximaStart } = scratchArrays;
  elementView(type, scratch.buffer, scratch.byteOffset + maximaStart - start, LANES * LANES).fill(-Infinity);

  const { tape, takeCalls } = createCallRecorder();

  /**
   * Writes the call of a formula for rows x columns numbers. They begin at byte `offset` of arrays of the operation, at
   * byte `scratchOffset` of arrays in scratch, and at byte `row` of an array with one number for each row.
   */
  type WriteFormula = (offset: number, scratchOffset: number, row: number, rows: number, columns: number) => void;

  const formulaWriter =
    ({ name, arrays, numbers = [] }: FormulaCall, rowNumbers?: number): WriteFormula =>
    (offset, scratchOffset, row, rows, columns) => {
      const offsetOf = (array: number): number =>
        array === rowNumbers ? row : array >= start && array < end ? scratchOffset : offset;
      const addresses = arrays.map((array) => array + offsetOf(array));
      const kernel = typeof name === 'number' ? name : lossFormulas[name];
      tape.writeAll(kernel, Float64Array.of(...addresses, ...numbers, ...sizesOf(columns, rows)));
    };

  /** Computes a group, `flat` as one long row or by row, and the sums of its terms; wide rows in pieces. */
  const inPieces =
    (write: WriteFormula, shape: 'flat' | 'by row', O: number, { sums }: FormulaCall): RowCalls =>
    (first, count) => {
      const at = bytes * O * first;
      if (sums === undefined || O <= MAX_COLUMNS) {
        if (shape === 'flat') write(at, 0, 0, 1, O * count);
        else write(at, 0, 0, count, O);
        if (sums !== undefined)
          writeReduction('rowSums', sums.results, terms, bytes * O, count, O, zeros, sums.divisor);
        return;
      }
      const step = bytes * MAX_COLUMNS;
      for (let o = 0; o < O; o += MAX_COLUMNS) {
        const size = Math.min(MAX_COLUMNS, O - o);
        for (let n = 0; n < count; n++) write(at + bytes * (n * O + o), step * n, bytes * n, 1, size);
        writeReduction('rowSums', sums.results, terms, step, count, size, o === 0 ? zeros : lanes, sums.divisor);
      }
    };

  /**
   * Writes the calls that sum `columns` numbers of each row, or find their maximum; rows are `step` bytes apart.
   * `startValues` are those of the lanes: zeros, -∞, or, for sums that go on with an earlier piece, `lanes`.
   */
  function writeReduction(
    reduction: 'rowSums' | 'rowMaxima',
    results: number,
    x: number,
    step: number,
    count: number,
    columns: number,
    startValues: number,
    divisor: number,
  ): void {
    const rest = columns % LANES;
    const quads = (columns - rest) / LANES;
    /** Reduces blocks of four rows from row n on. The rows of a block are `distance` bytes apart. */
    const reduceBlocks = (n: number, distance: number, blocks: number, from: number, to: number): void => {
      const arrays = [results + bytes * n, x + step * n, from, to, maskOf(rest)] as const;
      const size = [distance, LANES * distance, blocks, quads, rest] as const;
      tape.write(rowLanesArguments, kernels[reduction], ...arrays, ...size, divisor);
    };
    if (count < LANES) {
      // Each block is four times the same row; three of the results are overwritten by the next.
      for (let n = 0; n < count; n++) {
        const rowLanes = lanes + bytes * LANES * LANES * n;
        reduceBlocks(n, 0, 1, startValues === lanes ? rowLanes : startValues, rowLanes);
      }
      return;
    }
    reduceBlocks(0, step, Math.floor(count / LANES), startValues, lanes);
    // The last four rows, some of them a second time.
    if (count % LANES > 0) reduceBlocks(count - LANES, step, 1, startValues, lanes);
  }

  return {
    scratchArrays,

    record(B, O, calls) {
      const rows = Math.min(GROUP_ROWS, LANES * Math.max(Math.floor(MAX_COLUMNS / O), 1));
      for (let first = 0; first < B; first += rows) {
        for (const call of calls) call(first, Math.min(rows, B - first));
      }
      return takeCalls();
    },

    compute: (O, call) => inPieces(formulaWriter(call), 'flat', O, call),

    computeByRow(O, call, rowNumbers) {
      const [x, rowNumbersAt, ...outputs] = call.arrays;
      const isWide = O >= MIN_WIDE_VECTORS * width;
      const isDouble = rowNumbers === 'doubles';
      const values = isDouble || !isWide ? spread : rowNumbersAt;
      const rowCall = { ...call, arrays: [x, values, ...outputs] };
      const writeRows = isWide
        ? inPieces(formulaWriter({ ...rowCall, name: `${call.name} by row` }, values), 'by row', O, call)
        : inPieces(formulaWriter(rowCall), 'flat', O, call);
      const columns = isWide ? 1 : O;
      const quads = Math.floor((columns + LANES - 1) / LANES);
      return (first, count) => {
        const [kernel, from] = isDouble
          ? [kernels.spreadDoubles, rowNumbersAt + 8 * first]
          : [kernels.spread, rowNumbersAt];
        if (values === spread) tape.write(spreadArguments, kernel, spread, from, bytes * columns, count, quads);
        writeRows(first, count);
      };
    },

    reduceRows: (reduction, O, results, x) => (first, count) => {
      const row = bytes * O;
      const startValues = reduction === 'rowSums' ? zeros : maximaStart;
      writeReduction(reduction, results, x + row * first, row, count, O, startValues, 1 /* divisor */);
    },

    atClasses: (access, O, values, x, classes) => (first, count) => {
      const row = bytes * O;
      tape.write(targetsArguments, kernels[access], values, x + row * first, classes + bytes * first, row, count);
    },

    addLeaves: (leafSums, leafRows, losses, weights) => (first, count) => {
      const kernel = weights === undefined ? kernels.leafSums : kernels.weighedSums;
      for (let n = first; n < first + count; ) {
        const addedRows = n % leafRows; // rows of this leaf in earlier groups
        const wholeLeaves = addedRows === 0 ? Math.floor((first + count - n) / leafRows) : 0;
        const leaves = Math.max(wholeLeaves, 1);
        const rows = wholeLeaves > 0 ? leafRows : Math.min(leafRows - addedRows, first + count - n);
        const to = leafSums + 8 * Math.floor(n / leafRows);
        const terms =
          weights === undefined
            ? ([losses + bytes * (n - first), 0] as const)
            : ([losses + 8 * n, weights + 8 * n] as const);
        const rest = rows % LEAF_BLOCK;
        const size = [leaves, (rows - rest) / LEAF_BLOCK, rest] as const;
        tape.write(leafSumsArguments, kernel, to, ...terms, addedRows === 0 ? zeros : to, ...size);
        n += leaves * rows;
      }
    },
  };
}
