import { show } from '../checks/show.ts';
import { viewOf } from '../math/scratch.ts';
import {
  CellError,
  type CellRow,
  createEncoder,
  type EncodingNote,
  type Preprocessing,
} from './preprocessing/index.ts';

/** Rows of numbers [N][I], one array per row. */
export type NestedRows = readonly (readonly number[])[];

/** Rows of numbers: one array per row, or all rows in one Float64Array. */
export type Rows = Float64Array | NestedRows;

/** Rows of a table: objects by column name, or lists of cells in column order. */
export type CellRows = readonly CellRow[];

/** Encodes rows of a table into x [N, I]. @throws Error naming `where`, the row and the column. */
export type RowReader = (where: string, rows: CellRows, onNote?: NoteListener) => Float64Array;

/** Called for an unknown category or an unusual gap, with the index of its row. */
export type NoteListener = (note: EncodingNote, row: number) => void;

/** Creates the reader of rows for a model with preprocessing. */
export function createRowReader(preprocessing: Preprocessing): RowReader {
  const notes: EncodingNote[] = []; // of one row only, since a listener may call the model again
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

/** All rows in one array [N, I]. @throws Error naming the row that does not have I numbers. */
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

/** Splits y [N, O] into one array per row. */
export const nestedRows = (y: Float64Array, O: number): number[][] =>
  Array.from({ length: y.length / O }, (_, n) => [...viewOf(y, n * O, O)]);
