import type { Kernels } from '@gradloom/core';
import type { DataMatrix } from './dataset.ts';

// Below this, a kernel call takes longer than it saves; above it, the kernel cannot address the data.
const MIN_COLUMNS = 16;
const MAX_BYTES = 2 ** 32;

/** Rows order[first] .. order[first + count - 1] of `matrix`, each number divided by the divisor. Overwrites `out`. */
export function gatherRows(
  out: Float64Array, // [count, columns] out
  matrix: DataMatrix, // [N, columns]
  order: Uint32Array | null, // [N], null: the order of the file
  first: number,
  count: number,
  kernels?: Kernels, // of the memory that `out` lies in
): void {
  const { array, columns, divisor } = matrix;
  if (!(array instanceof Uint8Array)) gatherNumbers(out, array, divisor, columns, order, first, count);
  else if (kernels?.gatherBytes !== undefined && columns >= MIN_COLUMNS && array.length < MAX_BYTES)
    kernels.gatherBytes(out, array, columns, divisor, order, first, count);
  else gatherBytes(out, array, quotients(divisor), columns, order, first, count);
}

/** Four bytes a turn: 1.4 ns a byte, against 2.5 in turns of one and 2.1 with a division. */
function gatherBytes(
  out: Float64Array, // [count, columns] out
  bytes: Uint8Array, // [N, columns]
  quotient: Float64Array, // [256]
  columns: number,
  order: Uint32Array | null,
  first: number,
  count: number,
): void {
  let o = 0;
  for (let n = first; n < first + count; n++) {
    let i = (order === null ? n : order[n]) * columns;
    const end = i + columns;
    for (; i + 3 < end; i += 4, o += 4) {
      out[o] = quotient[bytes[i]];
      out[o + 1] = quotient[bytes[i + 1]];
      out[o + 2] = quotient[bytes[i + 2]];
      out[o + 3] = quotient[bytes[i + 3]];
    }
    for (; i < end; i++) out[o++] = quotient[bytes[i]];
  }
}

/** One loop for the three types: as fast as a loop for each, since the division takes most of the time. */
function gatherNumbers(
  out: Float64Array, // [count, columns] out
  numbers: Int32Array | Float32Array | Float64Array, // [N, columns]
  divisor: number,
  columns: number,
  order: Uint32Array | null,
  first: number,
  count: number,
): void {
  let o = 0;
  for (let n = first; n < first + count; n++) {
    const start = (order === null ? n : order[n]) * columns;
    for (let i = start; i < start + columns; i++) out[o++] = numbers[i] / divisor;
  }
}

const tables = new Map<number, Float64Array>();

/** byte / divisor for all 256 bytes, made once a divisor and thread. */
function quotients(divisor: number): Float64Array {
  let table = tables.get(divisor);
  if (table === undefined) {
    table = Float64Array.from({ length: 256 }, (_, byte) => byte / divisor);
    tables.set(divisor, table);
  }
  return table;
}
