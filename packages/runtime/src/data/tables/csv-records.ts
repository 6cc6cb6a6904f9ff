import { reasonOf, showPath } from '@gradloom/core/internal';
import { CsvError, Parser } from 'csv-parse';
import { type ByteSource, MAX_TEXT_RATIO, openBytes } from '../../system/files/byte-source.ts';
import { checkPath } from '../../system/files/check-path.ts';
import { readText, type TextEncodingChoice } from '../read-text.ts';
import { isSomeNumber } from './format-finder.ts';
import { type DelimiterName, delimiters } from './table-reader.ts';

export interface CsvRecord {
  readonly line: number; // line of the file where it ends, from 1
  readonly fields: readonly string[];
}

/**
 * Most characters of a record, about 100,000 columns: a longer one has an unclosed quote, or the file is not a table.
 */
export const MOST_CHARACTERS = 1 << 22;

/** If the first text has this many characters, it may not be the whole file: at most three bytes each in UTF-8. */
const FIRST_TEXT = (1 << 16) / 4;

/**
 * The records of a CSV file, plain or gzipped: quoted fields, any line endings, with or without a byte order mark.
 * Blank lines are skipped. Records come in batches as the text is read, since awaiting each record would take longer
 * than reading it. Without `delimiter` it is found from the first rows and reported. @throws Error naming the file and,
 * if known, the line.
 */
export async function* readCsv(
  path: string,
  delimiter?: string,
  onDelimiter?: (name: DelimiterName) => void,
  opened?: ByteSource, // read instead of `path`
  encoding?: TextEncodingChoice,
): AsyncGenerator<readonly CsvRecord[]> {
  const fault = (has: string, expected: string, cause?: unknown) =>
    new Error(`readCsv: ${showPath(path)} has ${has}, expected ${expected}`, { cause });
  const source = opened ?? (await openBytes('readCsv', path, 'a CSV file', MAX_TEXT_RATIO));
  let records: CsvRecord[] = [];
  let parser: RecordParser | undefined;
  const parserFor = (text: string): RecordParser => {
    const name = delimiter === undefined ? findDelimiter(text, path, text.length < FIRST_TEXT) : undefined;
    if (name !== undefined) onDelimiter?.(name);
    const made = new RecordParser(delimiter ?? delimiters[name ?? 'comma'], (record) => records.push(record));
    // Errors are handled where the text is written; an unhandled event would end the process.
    made.on('error', () => {});
    return made;
  };
  let open = 0; // lower bound of the characters since the end of a record or blank line
  try {
    for await (const text of readText(source, fault, encoding)) {
      parser ??= parserFor(text);
      const before = ended(parser);
      await written(parser, text);
      open = ended(parser) === before ? open + text.length : 0;
      if (open > MOST_CHARACTERS) {
        throw fault(`a row of more than ${MOST_CHARACTERS} characters at line ${parser.begin}`, 'shorter ones');
      }
      yield records;
      records = [];
    }
    if (parser === undefined) return;
    await written(parser, null);
    yield records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // The parser notices an unclosed quote only at the end of the file.
    const begin = parser === undefined ? '' : ` in the row at line ${parser.begin}`;
    if (error.code === 'CSV_QUOTE_NOT_CLOSED') throw fault(`an open quote${begin}`, 'a closing quote', error);
    const line = 'lines' in error ? ` at line ${error.lines}` : '';
    throw fault(`a mistake${line}`, `comma-separated values (${reasonOf(error)})`, error);
  } finally {
    parser?.destroy();
    await source.close();
  }
}

/** Lines that tell whether a text is a table. */
const FEWEST_LINES = 3;

/** The separator of fields that all of a file's first lines have equally often, twice or more. */
export interface FoundSeparator {
  readonly lines: number;
  readonly name: DelimiterName;
  readonly count: number;
}

/** Finds whether a text looks like a table, such as one that a spreadsheet wrote with the ending .txt. */
export async function separatorIn(path: string): Promise<FoundSeparator | undefined> {
  const source = await openBytes('separatorIn', checkPath('separatorIn', path), 'a text file');
  const fault = (has: string, expected: string) =>
    new Error(`separatorIn: ${showPath(path)} has ${has}, expected ${expected}`);
  try {
    for await (const text of readText(source, fault, {})) {
      const rows = firstRows(text, text.length < FIRST_TEXT);
      const found = separatorsOf(rows).find(({ isSame, least, name }) => isSame && least > 1 && name !== 'pipe');
      return rows.length < FEWEST_LINES || found === undefined
        ? undefined
        : { lines: rows.length, name: found.name, count: found.least };
    }
    return undefined;
  } finally {
    await source.close();
  }
}

/** Collects records directly from the parser. Its stream takes ten times as long, twenty times with line numbers. */
class RecordParser extends Parser {
  readonly #take: (record: CsvRecord) => void;
  #last = { line: 0, blank: 0 }; // where the last record ended, and the number of blank lines up to there

  constructor(delimiter: string, take: (record: CsvRecord) => void) {
    super({
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    });
    this.#take = take;
  }

  override push(fields: readonly string[] | null): boolean {
    if (fields === null) return super.push(null);
    const { lines: line, empty_lines: blank } = this.info;
    this.#take({ line, fields });
    this.#last = { line, blank };
    return true;
  }

  /** The line in which the unfinished record begins. */
  get begin(): number {
    return this.#last.line + this.info.empty_lines - this.#last.blank + 1;
  }
}

const ended = ({ info }: Parser): number => info.records + info.empty_lines;

/** Resolves when the parser has processed a part of the text or, with null, its end. */
const written = (parser: Parser, text: string | null): Promise<void> =>
  new Promise((resolve, reject) => {
    const done = (error?: Error | null) => (error ? reject(error) : resolve());
    if (text === null) parser.end(done);
    else parser.write(text, done);
  });

/** Rows from which the delimiter is found. */
const MOST_ROWS = 100;

/**
 * Finds the delimiter: the one that occurs equally often in all of the first rows, and most often. A comma that only
 * occurs within numbers, in fields separated by ';', is a decimal comma, or stands between thousands.
 */
function findDelimiter(text: string, path: string, isWhole: boolean): DelimiterName {
  const standard: DelimiterName = /\.tsv(\.gz)?$/i.test(path) ? 'tab' : 'comma';
  const rows = rowsOfTable(firstRows(text, isWhole));
  const present = separatorsOf(rows);
  const even = present.filter(({ isSame }) => isSame);
  const candidates = even.length > 0 ? even : present;
  const own = candidates.find(({ name }) => name === standard && standard === 'tab');
  if (own !== undefined) return own.name;
  const hasSemicolon = candidates.some(({ name }) => name === 'semicolon');
  const fields = rows.flatMap((row) => row.split(';'));
  if (hasSemicolon && fields.every((field) => !field.includes(',') || isMeasure(field))) return 'semicolon';
  return candidates.toSorted((a, b) => b.least - a.least).at(0)?.name ?? standard;
}

/** The characters that separate fields in all rows: how often at least, and whether equally often. */
function separatorsOf(rows: readonly string[]): { name: DelimiterName; least: number; isSame: boolean }[] {
  return Object.entries(delimiters).flatMap(([name, character]) => {
    const counts = rows.map((row) => row.split(character).length - 1);
    const least = Math.min(...counts);
    return least > 0 ? [{ name: name as DelimiterName, least, isSame: counts.every((count) => count === least) }] : [];
  });
}

/** Most lines above the names of columns, such as the title of a report. */
export const MOST_TITLES = 20;

/** Most lines below a table, such as notes, and a row of totals. */
export const MOST_NOTES = 8;

/** The rows between titles and notes, in all of which a character separates fields; all rows if there is none. */
function rowsOfTable(rows: readonly string[]): readonly string[] {
  for (let end = rows.length; end >= Math.max(2, rows.length - MOST_NOTES); end--) {
    for (let first = 0; first < Math.min(MOST_TITLES + 1, end - 1); first++) {
      const left = rows.slice(first, end);
      if (separatorsOf(left).length > 0) return left;
    }
  }
  return rows;
}

/** Whether a field is a number, with a unit or without. */
const isMeasure = (field: string): boolean =>
  isSomeNumber(field.replace(/^[^\d+.,−-]{1,4}|[^\d.,]{1,8}$/gu, '').trim());

/** The first rows, without quoted text. The last row is dropped if the text may end within it. */
function firstRows(text: string, isWhole: boolean): string[] {
  const rows: string[] = [];
  let row = '';
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === '\n' || character === '\r') {
      if (row.trim() !== '') rows.push(row);
      if (rows.length === MOST_ROWS) return rows;
      row = '';
    } else row += character;
  }
  if (row.trim() !== '' && (isWhole || rows.length === 0)) rows.push(row);
  return rows;
}
