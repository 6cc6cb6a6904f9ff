import {
  type Answer,
  type AnyRows,
  buildNetwork,
  type CellRow,
  InputError,
  type Model,
  type TypedNumbers,
} from '@gradloom/core';
import {
  createRowReader,
  ofTable,
  ofText,
  type RowReader,
  reasonOf,
  refuseBadLengths,
  show,
  typeOf,
  whyUnusual,
} from '@gradloom/core/internal';
import type { ImageReader, PixelBudget } from '../../data/images/image-reader.ts';
import { loadTokenizer } from '../../data/index.ts';

/** Body of a request: JSON, or the bytes of an image. */
export type Body = string | Uint8Array;

/** Answers request bodies; the rows of all of them in one call. */
export type TextAnswerer = (bodies: readonly Body[]) => Reply[];

export interface TextLimits {
  readonly maxRows: number; // maximum number of rows of a text
}

const EXPECTED_BODY = 'a row or a list of rows, as JSON';

/** Pixels of all images of a body, so that a small one cannot take gigabytes or minutes to decode. */
const MAX_PIXELS = 16e6;

/**
 * Answers bodies, each of which is an image, or JSON of a row or a list of rows. A row is an object by column name, a
 * list of cells, where images are in base64, or for a model of images { image: <base64> }, or for a padded sequence
 * { inputs: [...], length: 3 }, or for a model of text a string; a list whose first entry is one of these, or a list,
 * is a list of rows. For a model of a series a row is a window, which is a list of rows of the table. A rejected body
 * does not affect the others.
 */
export function createTextAnswerer(
  model: Model,
  { maxRows }: TextLimits,
  readImage?: ImageReader,
  cellReaders: CellReaders = new Map(),
): TextAnswerer {
  return (bodies) => {
    const parts = bodies.map((body) =>
      typeof body === 'string'
        ? readPart(model, body, maxRows, readImage, cellReaders)
        : imagePart(model, body, readImage),
    );
    const validParts = parts.filter((part) => 'x' in part);
    const replies = answerAll(model, validParts);
    let next = 0;
    return parts.map((part) => ('x' in part ? replies[next++] : part));
  };
}

/** The rows of a text, as network inputs. */
interface Part {
  readonly x: TypedNumbers; // [rows, I]
  readonly rows: number;
  readonly isOne: boolean; // the text is a single row, not a list of rows
  readonly lengths: readonly (number | undefined)[]; // of the rows that are given with their length
  readonly notes: ReadonlyMap<number, readonly string[]>; // notes by row
  readonly unusual: UnusualCells;
}

/** Number of unusual cells by column. */
export type UnusualCells = Record<string, number>;

function imagePart(model: Model, bytes: Uint8Array, readImage: ImageReader | undefined): Part | Reply {
  try {
    if (readImage === undefined) throw new Error(`body is an image, expected ${EXPECTED_BODY}`);
    return {
      x: model.encode([readImage('body', bytes, { pixels: MAX_PIXELS })]),
      rows: 1,
      isOne: true,
      lengths: [],
      notes: new Map(),
      unusual: {},
    };
  } catch (error) {
    return refusal('content', `${reasonOf(error)}${readImage !== undefined && isStripped(bytes) ? STRIPPED : ''}`);
  }
}

/** Whether an image has lost its line ends, of which a PNG file begins with two and a JPEG file has some by chance. */
const isStripped = (bytes: Uint8Array): boolean =>
  [PNG, JPEG].some((start) => start.every((byte, k) => bytes[k] === byte)) &&
  !bytes.includes(10) && // LF
  !bytes.includes(13); // CR
const PNG = [0x89, 0x50, 0x4e, 0x47];
const JPEG = [0xff, 0xd8, 0xff];
const STRIPPED = ' (it has no line ends: curl drops them with -d, and keeps them with --data-binary)';

/** The pixels of a row { image: <base64> }; other rows stay as they are. */
function pixelsOf(row: unknown, n: number, readImage: ImageReader, budget: PixelBudget): unknown {
  if (Array.isArray(row) || typeof row !== 'object' || row === null) return row;
  const { image } = row as { image?: unknown };
  if (typeof image !== 'string' || Object.keys(row).length > 1) {
    throw new Error(`row ${n} has ${show(row)}, expected {"image": "<base64 of a PNG or JPEG file>"}`);
  }
  return readBase64(`row ${n}: image`, image, readImage, budget);
}

/** Readers of the images in the cells of a table's rows, by the name of the column. */
export type CellReaders = ReadonlyMap<string, ImageReader>;

/** A row of a table with pixels in place of images in base64. Other cells stay as they are. */
function cellPixels({ preprocessing }: Model, row: unknown, n: number, readers: CellReaders, budget: PixelBudget) {
  if (readers.size === 0 || typeof row !== 'object' || row === null) return row;
  const read: Record<string, unknown> | unknown[] = Array.isArray(row) ? [...row] : { ...row };
  for (const [c, { name }] of (ofTable(preprocessing)?.columns ?? []).entries()) {
    const reader = readers.get(name);
    const key = (Array.isArray(read) ? c : name) as keyof typeof read;
    const cell: unknown = read[key];
    if (reader === undefined || typeof cell !== 'string' || cell === '') continue; // a gap is refused as a cell
    read[key] = readBase64(`row ${n}, column ${show(name)}`, cell, reader, budget) as never;
  }
  return read;
}

/** The pixels of an image file in base64. @throws Error that begins with `subject`. */
function readBase64(subject: string, base64: string, readImage: ImageReader, budget: PixelBudget): Uint8Array {
  const text = base64.replace(DATA_URL, '');
  if (!BASE64.test(text))
    throw new Error(`${subject} has ${show(base64)}, expected a PNG or JPEG file in base64, or its data URL`);
  return readImage(subject, Buffer.from(text, 'base64'), budget);
}
const DATA_URL = /^data:[^,]*;base64,/;
const BASE64 = /^[\w+/=\s-]*$/;

/** The inputs of a row { inputs, length }; other rows stay as they are. */
function sequenceRow(model: Model, row: unknown, n: number): { row: unknown; length?: number } {
  const isPlain = model.preprocessing === undefined && typeof row === 'object' && row !== null;
  if (!isPlain || !('inputs' in row)) return { row };
  const { inputs, length, ...others } = row as { inputs: unknown; length?: unknown };
  const isLength = length === undefined || typeof length === 'number';
  if (!Array.isArray(inputs) || !isLength || Object.keys(others).length > 0) {
    throw new Error(`row ${n} has ${show(row)}, expected {"inputs": [...], "length": 3}`);
  }
  if (length === undefined) return { row: inputs };
  refuseBadLengths(`row ${n}`, buildNetwork(model.spec, model.parts?.customParts), [length], 1);
  return { row: inputs, length };
}

const readers = new WeakMap<Model, RowReader>();

/** The reader of a model's rows, which tells the lengths of texts. */
function readerOf(model: Model): RowReader {
  const { preprocessing, spec, parameters } = model;
  const reader =
    readers.get(model) ?? createRowReader(preprocessing, [spec.input].flat(), typeOf(parameters), loadTokenizer);
  readers.set(model, reader);
  return reader;
}

function readPart(
  model: Model,
  text: string,
  maxRows: number,
  readImage: ImageReader | undefined,
  cellReaders: CellReaders,
): Part | Reply {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refusal('content', `body is not valid JSON, expected ${EXPECTED_BODY} (${reasonOf(error)})`);
  }
  const isRow = rowTest(model);
  const isSingleRow = !Array.isArray(value) || (value.length > 0 && !isRow(value[0]));
  if (!isObject(value) && !isRow(value)) {
    return refusal('content', `body has ${show(value)}, expected ${EXPECTED_BODY}${formOf(model)}`);
  }
  const wrapper = wrapperOf(model, value);
  if (wrapper !== undefined) {
    return refusal('content', `body has a list of rows in ${show(wrapper)}, expected the list itself: [...]`);
  }
  const list = (isSingleRow ? [value] : value) as readonly CellRow[];
  if (list.length > maxRows) return refusal('rows', `body has ${list.length} rows, expected at most ${maxRows}`);
  const notes = new Map<number, string[]>();
  try {
    const budget = { pixels: MAX_PIXELS };
    const sequences = list.map((row, n) => sequenceRow(model, row, n));
    const cellRows = sequences.map(({ row }) => row);
    const rows = cellRows.map((row, n) =>
      readImage === undefined ? cellPixels(model, row, n, cellReaders, budget) : pixelsOf(row, n, readImage, budget),
    );
    const unusual: UnusualCells = {};
    const { x, lengths: textLengths } = readerOf(model)('encode', rows as AnyRows, (note, row) => {
      const { column, value } = note;
      const valueText = value === null ? 'a gap' : show(value);
      const sentence = `column ${show(column)} has ${valueText}, ${whyUnusual(note)}`;
      notes.set(row, [...(notes.get(row) ?? []), sentence]);
      unusual[column] = (unusual[column] ?? 0) + 1;
    });
    // A row of texts beside other columns has several lengths.
    const lengths = textLengths === undefined ? sequences.map(({ length }) => length) : [...textLengths];
    const badIndex = x.findIndex((number) => !Number.isFinite(number));
    if (badIndex === -1) return { x, rows: list.length, isOne: isSingleRow, lengths, notes, unusual };
    const row = Math.floor((badIndex * list.length) / x.length);
    return refusal('content', `row ${row} has ${x[badIndex]}, expected finite numbers`);
  } catch (error) {
    return refusal('content', reasonOf(error).replace(/^encode: /, ''));
  }
}

/** ', such as {"age": ..., "city": ...}' for the rows of a table. */
function formOf({ preprocessing }: Model): string {
  const table = ofTable(preprocessing);
  if (table === undefined || table.series !== undefined) return '';
  const cells = table.columns.slice(0, MAX_NAMES).map(({ name }) => `${show(name)}: ...`);
  return `, such as {${cells.join(', ')}${table.columns.length > MAX_NAMES ? ', ...' : ''}}`;
}
const MAX_NAMES = 5;

/** The only key of an object around a list of rows; undefined if the value is none, or the key is a column. */
function wrapperOf({ preprocessing }: Model, value: unknown): string | undefined {
  const entries = isObject(value) && !Array.isArray(value) ? Object.entries(value as object) : [];
  if (entries.length !== 1) return undefined;
  const [[key, list]] = entries;
  const isColumn = ofTable(preprocessing)?.columns.some(({ name }) => name === key);
  return !isColumn && Array.isArray(list) && isObject(list[0]) ? key : undefined;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** Whether the first entry of a list is a row of its own. A window of a series is a list of objects or of lists. */
function rowTest({ preprocessing }: Model): (value: unknown) => boolean {
  if (ofText(preprocessing) !== undefined) return (value) => typeof value === 'string' || isObject(value);
  if (ofTable(preprocessing)?.series === undefined) return isObject;
  return (value) => Array.isArray(value) && (value.length === 0 || isObject(value[0]));
}

/** Answers each part. If a layer refuses a row, the parts are answered one by one, so that only its own part fails. */
function answerAll(model: Model, parts: readonly Part[]): Reply[] {
  if (parts.length === 0) return [];
  try {
    const x = parts.length === 1 ? parts[0].x : joinParts(parts);
    const answers = model.predict(x, { lengths: lengthsOf(model, parts) });
    let first = 0;
    return parts.map((part) => {
      const partAnswers = answers.slice(first, first + part.rows);
      first += part.rows;
      const { rows, unusual } = part;
      return { rows, text: textOf(part, partAnswers), ...(Object.keys(unusual).length === 0 ? {} : { unusual }) };
    });
  } catch (error) {
    if (!(error instanceof InputError)) return parts.map(() => refusal('model', reasonOf(error)));
    if (parts.length > 1) return parts.flatMap((part) => answerAll(model, [part]));
    return [refusal('content', `row ${error.row}: ${error.problem}`)];
  }
}

/** The lengths of all rows; undefined if none is given. */
function lengthsOf({ spec }: Model, parts: readonly Part[]): number[] | undefined {
  const allLengths = parts.flatMap(({ rows, lengths }) =>
    Array.from({ length: Math.max(rows, lengths.length) }, (_, n) => lengths[n]),
  );
  if (allLengths.every((length) => length === undefined)) return undefined;
  return allLengths.map((length) => length ?? [spec.input].flat()[0]); // a row without length is full: input [T, C]
}

function joinParts(parts: readonly Part[]): Float64Array {
  const x = new Float64Array(parts.reduce((sum, part) => sum + part.x.length, 0));
  let offset = 0;
  for (const part of parts) {
    x.set(part.x, offset);
    offset += part.x.length;
  }
  return x;
}

function textOf({ isOne, notes }: Part, answers: readonly Answer[]): string {
  const texts = answers.map((answer, row) => {
    const rowNotes = notes.get(row);
    return JSON.stringify(rowNotes === undefined ? answer : { ...answer, notes: rowNotes });
  });
  return isOne ? texts[0] : `[${texts.join(',')}]`;
}

const refusal = (fault: Reply['fault'] & string, sentence: string): Reply => ({ rows: 0, text: sentence, fault });

/** Reply to a request body: JSON to send back. */
export interface Reply {
  readonly rows: number; // number of answered rows
  readonly text: string; // the answers, or an error in one sentence
  readonly unusual?: UnusualCells; // absent if there are none
  /** Why there are no answers: the body is no list of rows or has too many, the model fails, or time is up. */
  readonly fault?: 'content' | 'rows' | 'model' | 'time';
}
