import { show } from '../checks/show.ts';
import { viewOf } from '../math/scratch.ts';
import {
  CellError,
  type CellRow,
  createEncoder,
  type EncodingNote,
  type Preprocessing,
} from './preprocessing/index.ts';

/** Rows of numbers, an array a row [N][I]. */
export type NestedRows = readonly (readonly number[])[];

/** Rows of numbers: an array a row, or all rows in one. */
export type Rows = Float64Array | NestedRows;

/** Rows of a table: objects by column name, or lists of cells in the order of the columns. */
export type CellRows = readonly CellRow[];

/** Encodes rows of a table into x [N, I]. @throws Error naming `where`, the row and the column. */
export type RowReader = (where: string, rows: CellRows, onNote?: NoteListener) => Float64Array;

/** Hears of an unknown category or an unusual gap, and of the row that has it. */
export type NoteListener = (note: EncodingNote, row: number) => void;

/** A reader of rows for a model of a table. */
export function createRowReader(preprocessing: Preprocessing): RowReader {
  const notes: EncodingNote[] = []; // of one row: a listener may call the model again
  const encoder = createEncoder(preprocessing, (note) => notes.push(note));
  return (where, rows, onNote) => {
    if (!Array.isArray(rows)) throw new Error(`${where}: rows has ${show(rows)}, expected an array of rows`);
    const x = new Float64Array(rows.length * encoder.width);
    for (const [row, cells] of rows.entries()) {
      if (typeof cells !== 'object' || cells === null) {
        throw new Error(
          `${where}: row ${row} has ${show(cells)}, expected an object by column name, or a list of cells`,
        );
      }
      notes.length = 0;
      try {
        encoder.encode(cells, x, row * encoder.width);
      } catch (error) {
        if (!(error instanceof CellError)) throw error;
        throw new Error(`${where}: row ${row}, ${error.message}`, { cause: error });
      }
      if (onNote !== undefined) for (const note of notes.splice(0)) onNote(note, row);
    }
    return x;
  };
}

/** The rows in one array [N, I]. @throws Error naming the row that has not I numbers. */
export function flatRows(where: string, rows: Rows, I: number): Float64Array {
  if (rows instanceof Float64Array) {
    if (rows.length % I === 0) return rows;
    throw new Error(`${where}: rows has ${rows.length} numbers, expected a multiple of ${I} (the network's input)`);
  }
  if (!Array.isArray(rows)) {
    throw new Error(`${where}: rows has ${show(rows)}, expected an array of rows, or a Float64Array`);
  }
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
