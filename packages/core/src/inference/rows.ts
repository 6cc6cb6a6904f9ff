import { counted, has, show } from '../checks/show.ts';
import type { ElementType } from '../math/element-type.ts';
import { viewOf } from '../math/scratch.ts';
import { CellError, type CellRow, type NamedRow } from './preprocessing/cell.ts';
import type { EncodingNote } from './preprocessing/column-encoder.ts';
import { createEncoder } from './preprocessing/encoder.ts';
import { encodeImage, standardizeChannels, widthOfImage } from './preprocessing/image-encoder.ts';
import type {
  ImageEncoding,
  Preprocessing,
  SeriesEncoding,
  TablePreprocessing,
  TextEncoding,
} from './preprocessing/preprocessing.ts';
import { createTextEncoder, encodeText, type TextEncoder } from './text/text-encoder.ts';
import type { Tokenizer } from './text/tokenizer.ts';

/** Rows of numbers [N][I], one array per row. */
export type NestedRows = readonly (readonly number[])[];

/** Rows of numbers: one array per row, or all rows in one Float64Array. */
export type Rows = Float64Array | NestedRows;

/** Images in the size and channels of the model, as bytes [height, width, channels]. */
export type PixelRows = readonly (Uint8Array | Uint8ClampedArray)[];

/** Rows of a table: objects by column name, or lists of cells in column order. */
export type CellRows = readonly CellRow[];

/** Windows of a series: lists of its rows, in the order of time, of which the model takes the last. */
export type WindowRows = readonly CellRows[];

/** Texts, of which the model takes the last tokens. */
export type TextRows = readonly string[];

/** Rows of any model, one entry per row. `Row` is the type of the rows of a table. */
export type ListedRows<Row = NamedRow> =
  | NestedRows
  | CellRows
  | WindowRows
  | PixelRows
  | TextRows
  | readonly Row[]
  | readonly (readonly Row[])[];

/** Rows of any model: one entry per row, or all inputs in one Float64Array. */
export type AnyRows<Row = NamedRow> = Float64Array | ListedRows<Row>;

/** Rows as inputs of a network. */
export interface EncodedRows {
  readonly x: Float64Array; // [N, I]
  readonly lengths?: Float64Array; // [N] real positions, where rows are padded
}

/** Encodes rows. @throws Error naming `where`, the row and the column. */
export type RowReader = (where: string, rows: AnyRows, onNote?: NoteListener) => EncodedRows;

/** Called for an unknown category, an unusual gap or a text that is cut, with the index of its row. */
export type NoteListener = (note: EncodingNote, row: number) => void;

/** Creates the reader of rows for a model of I inputs. */
export function createRowReader(
  preprocessing: Preprocessing | undefined,
  I: number,
  type: ElementType,
  gpt2?: () => Tokenizer,
): RowReader {
  if (preprocessing === undefined) return (where, rows) => ({ x: flatRows(where, rows as Rows, I) });
  if ('text' in preprocessing) return textReader(preprocessing.text, gpt2);
  if ('image' in preprocessing) return imageReader(preprocessing.image, type);
  const readCells = cellReader(preprocessing, gpt2);
  return preprocessing.series === undefined ? readCells : windowReader(preprocessing.series, I, readCells);
}

/** Reads texts, or tokens as numbers. */
function textReader(text: TextEncoding, gpt2?: () => Tokenizer): RowReader {
  const { context: T, tokenizer } = text;
  let encoder: TextEncoder | undefined; // at the first text, since the tables of GPT-2 take a while
  return (where, rows) => {
    const N = listOfRows(where, rows).length;
    const x = new Float64Array(N * T);
    const lengths = new Float64Array(N).fill(T);
    for (const [n, row] of (rows as TextRows | NestedRows).entries()) {
      if (typeof row !== 'string') {
        x.set(numberRow(where, n, row, T, `a text, or an array of ${T} numbers of tokens`), n * T);
        continue;
      }
      encoder ??= createTextEncoder(text, tokenizer.kind === 'gpt2' ? gpt2?.() : undefined);
      lengths[n] = encodeText(`${where}: row ${n}`, encoder, row, x, n * T);
    }
    return lengths.every((length) => length === T) ? { x } : { x, lengths };
  };
}

/** Reads images as bytes, or as numbers that have been divided by the divisor. */
function imageReader(image: ImageEncoding, type: ElementType): RowReader {
  const { height, width, channels, scale } = image;
  const I = widthOfImage(image);
  return (where, rows) => {
    const x = new Float64Array(listOfRows(where, rows).length * I);
    for (const [n, row] of (rows as PixelRows | NestedRows).entries()) {
      const offset = n * I;
      if (!(row instanceof Uint8Array || row instanceof Uint8ClampedArray)) {
        x.set(numberRow(where, n, row, I), offset);
        if (scale === undefined) continue;
        if (type === 'float32') for (let i = offset; i < offset + I; i++) x[i] = Math.fround(x[i]);
        standardizeChannels(x, offset, offset + I, scale, type);
      } else if (row.length === I) {
        encodeImage(x, offset, row, image, type);
      } else {
        const expected = `${I} (${width} x ${height} pixels of ${counted(channels, 'channel')})`;
        throw new Error(`${where}: row ${n} has ${counted(row.length, 'byte')}, expected ${expected}`);
      }
    }
    return { x };
  };
}

function cellReader(preprocessing: TablePreprocessing, gpt2?: () => Tokenizer): RowReader {
  const notes: EncodingNote[] = []; // of one row only, since a listener may call the model again
  const encoder = createEncoder(preprocessing, (note) => notes.push(note), gpt2);
  return (where, rows, onNote) => {
    if (!Array.isArray(rows)) throw new Error(`${where}: rows ${has(rows)}, expected an array of rows`);
    const x = new Float64Array(rows.length * encoder.width);
    const lengths = new Float64Array(rows.length);
    for (const [row, cells] of (rows as CellRows).entries()) {
      if (typeof cells !== 'object' || cells === null) {
        throw new Error(`${where}: row ${row} ${has(cells)}, expected an object by column name, or a list of cells`);
      }
      notes.length = 0;
      try {
        lengths[row] = encoder.encode(cells, x, row * encoder.width);
      } catch (error) {
        if (!(error instanceof CellError)) throw error;
        throw new Error(`${where}: row ${row}, ${error.message}`, { cause: error });
      }
      if (onNote !== undefined) for (const note of notes.splice(0)) onNote(note, row);
    }
    return lengths.every((length) => length === encoder.width) ? { x } : { x, lengths };
  };
}

/** Reads windows of a series: the last `context` rows of each. */
function windowReader({ context: T }: SeriesEncoding, I: number, readCells: RowReader): RowReader {
  return (where, rows, onNote) => {
    const windows = listOfRows(where, rows);
    const x = new Float64Array(windows.length * I);
    for (const [n, window] of windows.entries()) {
      const windowName = `${where}: window ${n}`;
      if (!Array.isArray(window) || window.length < T) {
        const has = Array.isArray(window) ? counted(window.length, 'row') : show(window);
        throw new Error(
          `${windowName} has ${has}, expected ${T > 1 ? `a list of ${T} rows` : 'a list of one row'} or more`,
        );
      }
      x.set(readCells(windowName, window.slice(-T), onNote && ((note) => onNote(note, n))).x, n * I);
    }
    return { x };
  };
}

/** All rows in one array [N, I]. @throws Error naming the row that does not have I numbers. */
export function flatRows(where: string, rows: Rows, I: number): Float64Array {
  if (rows instanceof Float64Array) {
    if (rows.length % I === 0) return rows;
    throw new Error(`${where}: rows has ${rows.length} numbers, expected a multiple of ${I} (the network's input)`);
  }
  const x = new Float64Array(listOfRows(where, rows).length * I);
  for (const [n, row] of rows.entries()) x.set(numberRow(where, n, row, I), n * I);
  return x;
}

function listOfRows(where: string, rows: unknown): readonly unknown[] {
  if (Array.isArray(rows)) return rows;
  throw new Error(`${where}: rows ${has(rows)}, expected an array of rows, or a Float64Array`);
}

function numberRow(
  where: string,
  n: number,
  row: unknown,
  I: number,
  expected = `an array of ${I} numbers`,
): readonly number[] {
  if (Array.isArray(row) && row.length === I && row.every((value) => typeof value === 'number')) return row;
  throw new Error(`${where}: row ${n} ${has(row)}, expected ${expected}`);
}

/** Splits y [N, O] into one array per row. */
export const nestedRows = (y: Float64Array, O: number): number[][] =>
  Array.from({ length: y.length / O }, (_, n) => [...viewOf(y, n * O, O)]);
