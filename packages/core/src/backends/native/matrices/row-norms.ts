import { bytesOfElements, type Elements } from '../../../math/element-type.ts';
import { addressOf } from '../../../program/address.ts';
import type { FixedCall } from '../../../program/kernels.ts';
import type { BindCall } from '../call-tape.ts';
import type { CodeLayout } from '../code.ts';
import { MIN_OPERATIONS } from '../elementwise.ts';
import { type RowFormula, type RowFormulaName, rowFormulas } from '../formulas/norms.ts';
import { ROWS } from '../kernels/row-sums.ts';
import type { PanelMemory } from '../panels/panel-memory.ts';
import { groupsOf } from './matrices.ts';

/** Bytes of rows that are summed before they are scaled, so that they are in the first-level cache by then. */
const CHUNK_BYTES = 16_384;
/** Most rows of a chunk. */
const MOST_ROWS = 256;
/** Most sums of a row that wait. */
const SUMS = 2;
/** Elements of scratch for a sum of each row; the last chunk has up to three rows more. */
const ROOM = MOST_ROWS + ROWS;

/** Doubles of scratch for sums of rows. */
export const ROW_NORM_SCRATCH = SUMS * ROOM;

/**
 * Makes calls of layer-norm and rms-norm, for rows whose numbers fill four lanes: some rows are summed, four at a time,
 * and then scaled.
 */
export function createRowNorms(
  { type, width, rowSums, rowFormulas: kernels }: CodeLayout,
  { maskOf }: Pick<PanelMemory, 'maskOf'>,
  scratch: Float64Array, // [ROW_NORM_SCRATCH]
): BindCall {
  const bytes = bytesOfElements(type, 1);
  return ({ op, args }) => {
    if (!Object.hasOwn(rowFormulas, op.name)) return null;
    const name = op.name as RowFormulaName;
    const { sums, sumNumbers, inputs, rows, columns, outputs }: RowFormula = rowFormulas[name];
    const operands = Object.keys(op.operands);
    const numberOf = (operand: string): number => args[operands.indexOf(operand)] as number;
    const [B, size] = [numberOf('B'), numberOf('size')];
    const { place, steps, vectors } = kernels[name];
    if (B < ROWS || size % ROWS !== 0 || 2 * B * size * steps < MIN_OPERATIONS) return null;

    const row = bytes * size;
    const waiting = [...(columns ?? [])].filter((column) => !operands.includes(column));
    /** The address of an array for row n, which is row k of its chunk. */
    const at = (array: string, n: number, k: number): number => {
      const scratchPlace = waiting.indexOf(array);
      if (scratchPlace >= 0) return addressOf(scratch) + bytes * (scratchPlace * ROOM + k);
      const address = addressOf(args[operands.indexOf(array)] as Elements);
      if (rows?.includes(array)) return address;
      return address + n * (columns?.includes(array) ? bytes : row);
    };
    const numbers = [...sumNumbers.map(numberOf), 1]; // the last one is read with ε alone
    const groups = groupsOf(size, vectors, width, maskOf);
    const most = Math.min(MOST_ROWS, Math.max(ROWS, Math.floor(CHUNK_BYTES / row / ROWS) * ROWS));
    const calls: FixedCall[] = [];
    const sum = (n: number, k: number, blocks: number) =>
      calls.push([rowSums[name], ...sums.map((array) => at(array, n + k, k)), row, blocks, size / ROWS, ...numbers]);
    for (let n = 0; n < B; ) {
      const count = B - n < most + ROWS ? B - n : most; // at least four
      sum(n, 0, Math.floor(count / ROWS));
      if (count % ROWS > 0) sum(n, count - ROWS, 1); // some rows once more
      const arrays = [...inputs, ...(rows ?? []), ...(columns ?? []), ...outputs].map((array) => at(array, n, 0));
      calls.push([place, ...arrays, ...groups, count, row]);
      n += count;
    }
    return calls;
  };
}
