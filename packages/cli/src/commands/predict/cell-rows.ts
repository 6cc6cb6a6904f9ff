import type { Readable } from 'node:stream';
import { CellError, type ColumnEncoding } from '@gradloom/core';
import { type CellPicker, listed, mayLack, show } from '@gradloom/core/internal';
import { createTextReader, type TableReader, type TableRow } from '@gradloom/runtime/internal';

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
  const wanted = columns.map(({ name }) => name);
  const names = reader.names();
  if (names === null) return { batches: refuseOthers(reader, wanted, source), unread: [] };
  const places = wanted.map((name) => names.indexOf(name));
  const missing = wanted.filter((_, c) => places[c] === -1 && !(reader.areObjects === true && mayLack(columns[c])));
  if (missing.length > 0) {
    await reader.close?.();
    const known = names.slice(0, 20).map(show).join(', ');
    throw new Error(
      `${source} has the columns ${known}, expected ${listed(missing.map(show), 20)} too, which the model was trained with`,
    );
  }
  const unread = names.filter((name) => !wanted.includes(name));
  return { batches: picked(reader, places, names.length, source), unread };
}

async function* picked(
  reader: TableReader,
  places: readonly number[],
  width: number,
  source: string,
): AsyncGenerator<readonly TableRow[]> {
  for await (const batch of reader.batches) {
    yield batch.map(({ place, cells }) => {
      if (cells.length === width) return { place, cells: places.map((at) => cells[at]) };
      throw new Error(
        `${place} of ${source} has ${cells.length} columns, expected ${width} (as in the names of columns)`,
      );
    });
  }
}

async function* refuseOthers(
  reader: TableReader,
  wanted: readonly string[],
  source: string,
): AsyncGenerator<readonly TableRow[]> {
  for await (const batch of reader.batches) {
    for (const { place, cells } of batch) {
      if (cells.length === wanted.length) continue;
      const list = wanted.slice(0, 20).map(show).join(', ');
      throw new Error(`${place} of ${source} has ${cells.length} columns, expected ${wanted.length} (${list})`);
    }
    yield batch;
  }
}

/** Most characters of a line, far more than any row needs. */
const MOST_CHARACTERS = 1 << 22;

/** Rows of JSON lines, each an object by column name or an array of cells. */
export const jsonRows = (
  texts: AsyncIterable<string>,
  wanted: readonly string[],
  pick: CellPicker, // of the same columns
  source: string,
): AsyncGenerator<readonly TableRow[]> =>
  lineRows(texts, source, (text, place) => (text.trim() === '' ? [] : [rowOf(text, wanted, pick, place, source)]));

/** Rows of one cell each: the lines of a text. */
export const textRows = (texts: AsyncIterable<string>, source: string): AsyncGenerator<readonly TableRow[]> =>
  lineRows(texts, source, (text, place) => [{ place, cells: [text] }]);

/** Rows of lines. All lines that have arrived make a batch: rows from a pipe are answered at once. */
async function* lineRows(
  texts: AsyncIterable<string>,
  source: string,
  read: (text: string, place: string) => TableRow[],
): AsyncGenerator<readonly TableRow[]> {
  let rest = '';
  let line = 0;
  const take = (lines: readonly string[]): TableRow[] => lines.flatMap((text) => read(text, `line ${++line}`));
  for await (const text of texts) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    const rows = take(lines);
    if (rows.length > 0) yield rows;
    if (rest.length > MOST_CHARACTERS) {
      throw new Error(`line ${line + 1} of ${source} has more than ${MOST_CHARACTERS} characters, expected a row`);
    }
  }
  const last = rest === '' ? [] : take([rest]);
  if (last.length > 0) yield last;
}

function rowOf(text: string, wanted: readonly string[], pick: CellPicker, place: string, source: string): TableRow {
  const expected = 'a JSON object by column name, or an array of cells';
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    throw new Error(`${place} of ${source} has ${show(text.trim())}, expected ${expected}`);
  }
  if (typeof row !== 'object' || row === null)
    throw new Error(`${place} of ${source} has ${show(row)}, expected ${expected}`);
  if (Array.isArray(row)) {
    if (row.length === wanted.length) return { place, cells: row };
    throw new Error(
      `${place} of ${source} has ${row.length} cells, expected ${wanted.length} (${wanted.map(show).join(', ')})`,
    );
  }
  try {
    return { place, cells: pick({ ...row }) };
  } catch (error) {
    if (!(error instanceof CellError)) throw error;
    throw new Error(`${place} of ${source}, ${error.message}`, { cause: error });
  }
}

/** The text of a stream as it arrives, in the encodings of a file. */
export async function* textOf(stream: Readable, source: string): AsyncGenerator<string> {
  const read = createTextReader(source);
  for await (const chunk of stream) yield typeof chunk === 'string' ? chunk : read(chunk, false);
  const rest = read(new Uint8Array(0), true);
  if (rest !== '') yield rest;
}

/** The first line of a stream that is not empty, its first character, and the whole text of the stream. */
export async function peek(
  stream: Readable,
  source: string,
): Promise<{ first: string; line: string; texts: AsyncGenerator<string> }> {
  const texts = textOf(stream, source);
  let start = '';
  while (!start.trimStart().includes('\n') && start.length < MOST_CHARACTERS) {
    const next = await texts.next();
    if (next.done) break;
    start += next.value;
  }
  async function* whole(): AsyncGenerator<string> {
    try {
      if (start !== '') yield start;
      yield* texts;
    } finally {
      await texts.return(undefined);
    }
  }
  const [line] = start.trim().split('\n');
  return { first: line.at(0) ?? '', line, texts: whole() };
}
