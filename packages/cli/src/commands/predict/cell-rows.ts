import type { Readable } from 'node:stream';
import { CellError, type ColumnEncoding } from '@gradloom/core';
import { type CellPicker, listed, mayLack, show } from '@gradloom/core/internal';
import { createTextReader, type TableReader, type TableRow } from '@gradloom/runtime/internal';
import { linesOf, textOf } from './source-lines.ts';

/** Rows of a table for a model: the cells of the model's columns, in its order. */
export interface CellRows {
  readonly batches: AsyncIterable<readonly TableRow[]>;
  /** Names of columns that are not read. */
  readonly unread: readonly string[];
}

/**
 * The columns of a model among those of a table, by name, or by position if the table has no names.
 * @throws Error (rejects) naming the columns that are missing, after closing the table.
 */
export async function pickColumns(
  reader: TableReader,
  columns: readonly ColumnEncoding[],
  source: string,
): Promise<CellRows> {
  const expectedNames = columns.map(({ name }) => name);
  const names = reader.names();
  if (names === null) return { batches: checkWidths(reader, expectedNames, source), unread: [] };
  const indices = expectedNames.map((name) => names.indexOf(name));
  // An object may leave out a column in which gaps are allowed.
  const missing = expectedNames.filter(
    (_, c) => indices[c] === -1 && !(reader.areObjects === true && mayLack(columns[c])),
  );
  if (missing.length > 0) {
    await reader.close?.();
    const firstNames = names.slice(0, 20).map(show).join(', ');
    throw new Error(
      `${source} has the columns ${firstNames}, expected ${listed(missing.map(show), 20)} too, which the model was trained with`,
    );
  }
  const unread = names.filter((name) => !expectedNames.includes(name));
  return { batches: pickFields(reader, indices, names.length, source), unread };
}

async function* pickFields(
  reader: TableReader,
  indices: readonly number[],
  width: number,
  source: string,
): AsyncGenerator<readonly TableRow[]> {
  for await (const batch of reader.batches) {
    yield batch.map(({ location, cells }) => {
      if (cells.length === width) return { location, cells: indices.map((index) => cells[index]) };
      throw new Error(
        `${location} of ${source} has ${cells.length} columns, expected ${width} (as in the names of columns)`,
      );
    });
  }
}

/** The rows of a table without names of columns. @throws Error (rejects) for a row with another number of cells. */
async function* checkWidths(
  reader: TableReader,
  expectedNames: readonly string[],
  source: string,
): AsyncGenerator<readonly TableRow[]> {
  for await (const batch of reader.batches) {
    for (const { location, cells } of batch) {
      if (cells.length === expectedNames.length) continue;
      const list = expectedNames.slice(0, 20).map(show).join(', ');
      throw new Error(
        `${location} of ${source} has ${cells.length} columns, expected ${expectedNames.length} (${list})`,
      );
    }
    yield batch;
  }
}

/** Maximum number of characters of a line, far more than any row needs. */
const MAX_CHARACTERS = 1 << 22;

/** Rows of JSON lines, each an object by column name or an array of cells. */
export const jsonRows = (
  texts: AsyncIterable<string>,
  expectedNames: readonly string[],
  pickCells: CellPicker, // of the same columns
  source: string,
): AsyncGenerator<readonly TableRow[]> =>
  lineRows(texts, source, (text, location) =>
    text.trim() === '' ? [] : [rowOf(text, expectedNames, pickCells, location, source)],
  );

/** Rows of one cell each: the lines of a text. */
export const textRows = (texts: AsyncIterable<string>, source: string): AsyncGenerator<readonly TableRow[]> =>
  lineRows(texts, source, (text, location) => [{ location, cells: [text] }]);

async function* lineRows(
  texts: AsyncIterable<string>,
  source: string,
  readLine: (text: string, location: string) => TableRow[],
): AsyncGenerator<readonly TableRow[]> {
  const tooLong = (line: number) =>
    new Error(`line ${line} of ${source} has more than ${MAX_CHARACTERS} characters, expected a row`);
  let line = 0;
  for await (const lines of linesOf(texts, MAX_CHARACTERS, tooLong)) {
    yield lines.flatMap((text) => readLine(text, `line ${++line}`));
  }
}

function rowOf(
  text: string,
  expectedNames: readonly string[],
  pickCells: CellPicker,
  location: string,
  source: string,
): TableRow {
  const expected = 'a JSON object by column name, or an array of cells';
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    throw new Error(`${location} of ${source} has ${show(text.trim())}, expected ${expected}`);
  }
  if (typeof row !== 'object' || row === null)
    throw new Error(`${location} of ${source} has ${show(row)}, expected ${expected}`);
  if (Array.isArray(row)) {
    if (row.length === expectedNames.length) return { location, cells: row };
    throw new Error(
      `${location} of ${source} has ${row.length} cells, expected ${expectedNames.length} (${expectedNames.map(show).join(', ')})`,
    );
  }
  try {
    return { location, cells: pickCells({ ...row }) };
  } catch (error) {
    if (!(error instanceof CellError)) throw error;
    throw new Error(`${location} of ${source}, ${error.message}`, { cause: error });
  }
}

/**
 * The first line of a stream that is not empty, its first character, and the whole text of the stream, in any encoding
 * that files of tables may have.
 */
export async function peek(
  stream: Readable,
  source: string,
): Promise<{ first: string; line: string; texts: AsyncGenerator<string> }> {
  const texts = textOf(stream, createTextReader(source));
  let start = '';
  while (!start.trimStart().includes('\n') && start.length < MAX_CHARACTERS) {
    const next = await texts.next();
    if (next.done) break;
    start += next.value;
  }
  async function* wholeText(): AsyncGenerator<string> {
    try {
      if (start !== '') yield start;
      yield* texts;
    } finally {
      await texts.return(undefined);
    }
  }
  const [line] = start.trim().split('\n');
  return { first: line.at(0) ?? '', line, texts: wholeText() };
}
