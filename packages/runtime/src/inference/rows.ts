import { show, viewOf } from '@gradloom/core/internal';

/** Rows of numbers, an array a row [N][I]. */
export type NestedRows = readonly (readonly number[])[];

/** Rows of numbers: an array a row, or all rows in one. */
export type Rows = Float64Array | NestedRows;

/** The rows in one array [N, I]. @throws Error naming the row that has not I numbers. */
export function flatRows(where: string, rows: Rows, I: number): Float64Array {
  if (rows instanceof Float64Array) {
    if (rows.length % I === 0) return rows;
    throw new Error(`${where}: rows has ${rows.length} numbers, expected a multiple of ${I} (the network's input)`);
  }
  if (!Array.isArray(rows)) throw new Error(`${where}: rows has ${show(rows)}, expected an array of rows`);
  const x = new Float64Array(rows.length * I);
  for (const [n, row] of rows.entries()) {
    if (!Array.isArray(row) || row.length !== I || !row.every((value) => typeof value === 'number')) {
      throw new Error(`${where}: row ${n} has ${show(row)}, expected an array of ${I} numbers`);
    }
    x.set(row, n * I);
  }
  return x;
}

/** The rows of y [N, O], an array each. */
export const nestedRows = (y: Float64Array, O: number): number[][] =>
  Array.from({ length: y.length / O }, (_, n) => [...viewOf(y, n * O, O)]);
