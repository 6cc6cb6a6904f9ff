import { counted, has, show } from '../checks/show.ts';
import { type Elements, type ElementType, isTypedNumbers, type TypedNumbers } from '../math/element-type.ts';
import { viewOf } from '../math/scratch.ts';
import { type Shape, shapeText, sizeOf } from '../network/shape.ts';
import { CellError, type CellRow, type NamedRow } from './preprocessing/cell.ts';
import type { EncodingNote } from './preprocessing/column-encoder.ts';
import { createEncoder } from './preprocessing/encoder.ts';
import { encodeImage, standardizeChannels, widthOfImage } from './preprocessing/image-encoder.ts';
import {
  type ImageEncoding,
  ofImages,
  type Preprocessing,
  type SeriesEncoding,
  type TablePreprocessing,
  type TextEncoding,
} from './preprocessing/preprocessing.ts';
import { createTextEncoder, encodeText, type TextEncoder } from './text/text-encoder.ts';
import type { TokenizerLoader } from './text/tokenizer.ts';

/** Rows of numbers [N][I], one array per row. */
export type NestedRows = readonly (readonly number[] | TypedNumbers)[];

/** All rows in one array, with its shape. */
export interface ShapedRows {
  /** Shape, such as [N, 28, 28, 1] for images: channels last. */
  readonly shape: readonly number[];
  /** Its numbers, the last axis varying fastest. */
  readonly values: TypedNumbers;
}

/** All rows in one array: their numbers one row after the other, with or without the shape. */
export type FlatRows = TypedNumbers | ShapedRows;

/** Rows of numbers: one array per row, or all rows in one. */
export type Rows = FlatRows | NestedRows;

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

/** Rows of any model: one entry per row, or all inputs in one array. */
export type AnyRows<Row = NamedRow> = FlatRows | ListedRows<Row>;

/** Real positions of each row [N] of sequences padded on the right, or of its parts [N, parts]. @default all */
export type Lengths = ArrayLike<number>;

/** Rows as inputs of a network. */
export interface EncodedRows {
  readonly x: TypedNumbers; // [N, I]
  readonly lengths?: Float64Array; // [N] real positions, or [N, parts], where rows are padded
}

/** Encodes rows `first` to `end`, by default all. @throws Error naming `where`, the row and the column. */
export type RowReader = (
  where: string,
  rows: AnyRows,
  onNote?: NoteListener,
  first?: number,
  end?: number,
) => EncodedRows;

/** Called for an unknown category, an unusual gap or a text that is cut, with the index of its row. */
export type NoteListener = (note: EncodingNote, row: number) => void;

/** Creates the reader of rows for a model with rows of shape `input`. */
export function createRowReader(
  preprocessing: Preprocessing | undefined,
  input: Shape,
  type: ElementType,
  load?: TokenizerLoader,
): RowReader {
  const I = sizeOf(input);
  const encode = rowEncoder(preprocessing, I, type, load);
  const readsBytes = ofImages(preprocessing) !== undefined;
  return (where, rows, onNote, first = 0, end = Number.POSITIVE_INFINITY) => {
    const values = isShaped(rows) ? valuesOf(where, rows, input) : rows;
    if (isTypedNumbers(values) && values.length % I > 0) {
      throw new Error(`${where}: rows has ${values.length} numbers, expected a multiple of ${I} (the network's input)`);
    }
    if (isTypedNumbers(values) && !(readsBytes && isBytes(values))) {
      const to = Math.min(end * I, values.length);
      return { x: first === 0 && to === values.length ? values : viewOf(values, first * I, to - first * I) };
    }
    const list = isTypedNumbers(values) ? splitRows(values, I) : values;
    if (!Array.isArray(list)) {
      throw new Error(`${where}: rows ${has(list)}, expected an array of rows, or a typed array of numbers`);
    }
    const N = Math.max(0, Math.min(end, list.length) - first);
    const x = new Float64Array(N * I);
    const lengths: number[] = [];
    for (let n = 0; n < N; n++) {
      const length = encode(where, first + n, list[first + n], x, n * I, onNote);
      if (typeof length === 'number') lengths.push(length);
      else lengths.push(...length);
    }
    return lengths.every((length) => length === I) ? { x } : { x, lengths: Float64Array.from(lengths) };
  };
}

/** Number of rows. A value that is none of rows counts as one, which a reader refuses. */
export function countRows(rows: AnyRows, I: number): number {
  if (Array.isArray(rows)) return rows.length;
  const values = isShaped(rows) ? rows.values : rows;
  return isTypedNumbers(values) ? Math.floor((values.length + I - 1) / I) : 1;
}

/** Whether writing to `out` may overwrite rows that have not been read. */
export const overwrites = (out: Elements, rows: AnyRows): boolean =>
  Array.isArray(rows)
    ? rows.some((row) => isTypedNumbers(row) && overlap(row, out))
    : overlap(isShaped(rows) ? rows.values : (rows as TypedNumbers), out);

const overlap = (x: TypedNumbers, y: TypedNumbers): boolean =>
  x?.buffer === y.buffer && x.byteOffset < y.byteOffset + y.byteLength && y.byteOffset < x.byteOffset + x.byteLength;

/** Writes row n to x from `offset` on. Returns how many of its I inputs are real, or the lengths of its parts. */
type RowEncoder = (
  where: string,
  n: number,
  row: unknown,
  x: Float64Array,
  offset: number,
  onNote?: NoteListener,
) => number | readonly number[];

function rowEncoder(
  preprocessing: Preprocessing | undefined,
  I: number,
  type: ElementType,
  load?: TokenizerLoader,
): RowEncoder {
  if (preprocessing === undefined) return numberEncoder(I, `an array of ${I} numbers`);
  if ('text' in preprocessing) return textEncoder(preprocessing.text, load);
  if ('image' in preprocessing) return imageEncoder(preprocessing.image, type);
  const encodeCells = cellEncoder(preprocessing, load);
  return preprocessing.series === undefined ? encodeCells : windowEncoder(preprocessing.series, I, encodeCells);
}

const numberEncoder =
  (I: number, expected: string): RowEncoder =>
  (where, n, row, x, offset) => {
    const isRow = isTypedNumbers(row) || (Array.isArray(row) && row.every((value) => typeof value === 'number'));
    if (!isRow || row.length !== I) throw new Error(`${where}: row ${n} ${has(row)}, expected ${expected}`);
    x.set(row, offset);
    return I;
  };

/** Encodes texts, or tokens as numbers. */
function textEncoder(text: TextEncoding, load?: TokenizerLoader): RowEncoder {
  const { context: T } = text;
  const encodeTokens = numberEncoder(T, `a text, or an array of ${T} numbers of tokens`);
  let encoder: TextEncoder | undefined; // at the first text, since tables take a while
  return (where, n, row, x, offset) => {
    if (typeof row !== 'string') return encodeTokens(where, n, row, x, offset);
    encoder ??= createTextEncoder(text, load);
    return encodeText(`${where}: row ${n}`, encoder, row, x, offset);
  };
}

/** Encodes images as bytes, or as numbers that have been divided by the divisor. */
function imageEncoder(image: ImageEncoding, type: ElementType): RowEncoder {
  const { height, width, channels, scale } = image;
  const I = widthOfImage(image);
  const encodeNumbers = numberEncoder(I, `an array of ${I} numbers`);
  return (where, n, row, x, offset) => {
    if (!isBytes(row)) {
      encodeNumbers(where, n, row, x, offset);
      if (scale === undefined) return I;
      const end = offset + I;
      if (type === 'float32') for (let i = offset; i < end; i++) x[i] = Math.fround(x[i]);
      standardizeChannels(x, offset, end, scale, type);
    } else if (row.length === I) {
      encodeImage(x, offset, row, image, type);
    } else {
      const expected = `${I} (${width} x ${height} pixels of ${counted(channels, 'channel')})`;
      throw new Error(`${where}: row ${n} has ${counted(row.length, 'byte')}, expected ${expected}`);
    }
    return I;
  };
}

function cellEncoder(preprocessing: TablePreprocessing, load?: TokenizerLoader): RowEncoder {
  const notes: EncodingNote[] = []; // of one row only, since a listener may call the model again
  const encoder = createEncoder(preprocessing, (note) => notes.push(note), load);
  return (where, n, cells, x, offset, onNote) => {
    if (typeof cells !== 'object' || cells === null) {
      throw new Error(`${where}: row ${n} ${has(cells)}, expected an object by column name, or a list of cells`);
    }
    notes.length = 0;
    const lengths: number[] = [];
    try {
      encoder.encode(cells as CellRow, x, offset, lengths);
    } catch (error) {
      if (!(error instanceof CellError)) throw error;
      throw new Error(`${where}: row ${n}, ${error.message}`, { cause: error });
    }
    if (onNote !== undefined) for (const note of notes.splice(0)) onNote(note, n);
    return lengths;
  };
}

/** Encodes windows of a series: the last `context` rows of each. */
function windowEncoder({ context: T }: SeriesEncoding, I: number, encodeCells: RowEncoder): RowEncoder {
  return (where, n, window, x, offset, onNote) => {
    const windowWhere = `${where}: window ${n}`;
    if (!Array.isArray(window) || window.length < T) {
      const has = Array.isArray(window) ? counted(window.length, 'row') : show(window);
      throw new Error(
        `${windowWhere} has ${has}, expected ${T > 1 ? `a list of ${T} rows` : 'a list of one row'} or more`,
      );
    }
    const noteOfWindow: NoteListener | undefined = onNote && ((note) => onNote(note, n));
    for (const [t, cells] of window.slice(-T).entries()) {
      encodeCells(windowWhere, t, cells, x, offset + (t * I) / T, noteOfWindow);
    }
    return I;
  };
}

const isShaped = (rows: AnyRows): rows is ShapedRows =>
  typeof rows === 'object' && rows !== null && 'values' in rows && 'shape' in rows && !Array.isArray(rows);

const isBytes = (row: unknown): row is Uint8Array | Uint8ClampedArray =>
  row instanceof Uint8Array || row instanceof Uint8ClampedArray;

/** The numbers of shaped rows. @throws Error unless its shape is that of rows and of its numbers. */
function valuesOf(where: string, { shape, values }: ShapedRows, input: Shape): TypedNumbers {
  if (!isTypedNumbers(values)) {
    throw new Error(`${where}: rows.values ${has(values)}, expected a typed array of numbers`);
  }
  if (!Array.isArray(shape) || shape.slice(1).join() !== input.join() || !(shape[0] >= 0)) {
    throw new Error(`${where}: rows.shape ${has(shape)}, expected [${['N', ...input].join(', ')}]`);
  }
  if (values.length === sizeOf(shape)) return values;
  throw new Error(
    `${where}: rows.values has ${values.length} numbers, expected ${sizeOf(shape)} (${shapeText(shape)})`,
  );
}

const splitRows = (x: TypedNumbers, I: number): TypedNumbers[] =>
  Array.from({ length: x.length / I }, (_, n) => viewOf(x, n * I, I));

/** Splits y [N, O] into one array per row. */
export const nestedRows = (y: Elements, O: number): number[][] =>
  Array.from({ length: y.length / O }, (_, n) => [...viewOf(y, n * O, O)]);
