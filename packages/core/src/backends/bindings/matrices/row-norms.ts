import type { Elements } from '../../../math/element-type.ts';
import { addressOf } from '../../../program/address.ts';
import type { FixedCall } from '../../../program/kernels.ts';
import { argumentOf } from '../../../program/op.ts';
import type { CodeLayout } from '../../code.ts';
import { type RowFormula, type RowFormulaName, rowFormulas } from '../../formulas/norms.ts';
import { ROWS } from '../../kernels/row-sums.ts';
import type { BindCall } from '../call-tape.ts';
import type { PanelMemory } from '../panels/panel-memory.ts';

/** Bytes of rows that are summed before they are scaled, so that they are in the first-level cache by then. */
const CHUNK_BYTES = 16_384;
/** Maximum number of rows in a chunk. */
const CHUNK_ROWS = 256;
/** Arrays with a number for each row that may stand in scratch. */
const ARRAYS = 4;
/** Elements of scratch for a number of each row; the last chunk has up to three rows more. */
const ROW_CAPACITY = CHUNK_ROWS + ROWS;

/** Doubles of scratch for numbers of rows. */
export const ROW_NORM_SCRATCH = ARRAYS * ROW_CAPACITY;

/** Makes calls of layer-norm and rms-norm: some rows are summed, four at a time, and then scaled. */
export function createRowNorms(
  { rowSums, rowFormulas: kernels, elementwise }: CodeLayout,
  { bytes, maskOf, groupsOf, sizesOf }: PanelMemory,
  scratch: Float64Array, // [ROW_NORM_SCRATCH]
): BindCall {
  return (call) => {
    const { op } = call;
    if (!Object.hasOwn(rowFormulas, op.name)) return null;
    const name = op.name as RowFormulaName;
    const { sums, sumNumbers, inputs, rows = [], columns, outputs, results }: RowFormula = rowFormulas[name];
    const operands = Object.keys(op.operands);
    const numberOf = (operand: string): number => argumentOf(call, operand) as number;
    const addressIn = (array: string): number => addressOf(argumentOf(call, array) as Elements);
    const [B, size] = [numberOf('B'), numberOf('size')];
    if (B === 0) return [];

    const row = bytes * size;
    const hasFewRows = B < ROWS; // each row takes the place of four, and all column vectors stand in scratch
    /** The address of an array for row n, which is row k of its chunk. */
    const at = (array: string, n: number, k: number): number => {
      const isOfRows = columns.includes(array);
      if (isOfRows && (hasFewRows || !operands.includes(array))) {
        return addressOf(scratch) + bytes * (columns.indexOf(array) * ROW_CAPACITY + k);
      }
      return addressIn(array) + (rows.includes(array) ? 0 : n * (isOfRows ? bytes : row));
    };
    const calls: FixedCall[] = [];
    /** Sums rows of a chunk from row n + k on, which is row k of the chunk, four at a time. */
    const sum = (n: number, k: number, blocks: number) => {
      const rest = size % ROWS;
      const distance = hasFewRows ? 0 : row;
      const next = 2 * distance - bytes * (size - rest);
      const counts = [distance, next, blocks, (size - rest) / ROWS, rest, maskOf(rest)];
      const numbers = [...sumNumbers.map(numberOf), 1]; // the argument `one`, which only kernels with ε have
      calls.push([rowSums[name], ...sums.map((array) => at(array, n + k, k)), ...counts, ...numbers]);
    };
    const copy = (from: number, to: number) => calls.push([elementwise.copy, from, to, ...sizesOf(B)]);
    const scale = (n: number, count: number) => {
      const { kernel, vectors } = kernels[name];
      const arrays = [...inputs, ...rows, ...columns, ...outputs].map((array) => at(array, n, 0));
      calls.push([kernel, ...arrays, ...groupsOf(size, vectors), count, row]);
    };

    if (hasFewRows) {
      const columnOperands = columns.filter((array) => operands.includes(array));
      for (const array of columnOperands.filter((array) => !results.includes(array)))
        copy(addressIn(array), at(array, 0, 0));
      for (let n = 0; n < B; n++) sum(0, n, 1); // three of the results are overwritten by the next
      scale(0, B);
      for (const array of columnOperands.filter((array) => results.includes(array)))
        copy(at(array, 0, 0), addressIn(array));
      return calls;
    }
    const chunkRows = Math.min(CHUNK_ROWS, Math.max(ROWS, Math.floor(CHUNK_BYTES / row / ROWS) * ROWS));
    for (let n = 0; n < B; ) {
      const count = B - n < chunkRows + ROWS ? B - n : chunkRows; // at least four
      sum(n, 0, Math.floor(count / ROWS));
      if (count % ROWS > 0) sum(n, count - ROWS, 1); // some rows once more
      scale(n, count);
      n += count;
    }
    return calls;
  };
}
