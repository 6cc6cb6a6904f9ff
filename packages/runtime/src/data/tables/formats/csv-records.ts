import { reasonOf } from '@gradloom/core/internal';
import { CsvError, Parser } from 'csv-parse';
import { type ByteSource, MAX_TEXT_RATIO, openBytes } from '../../../system/files/byte-source.ts';
import { faultOf } from '../../../system/files/file-fault.ts';
import { readText, type TextEncodingChoice } from '../../read-text.ts';
import { type CsvRecord, findDelimiter } from '../sniffers/csv-layout.ts';
import { type DelimiterName, delimiters } from './table-reader.ts';

/** Maximum characters of a record, about 100,000 columns. A longer one has an unclosed quote, or is not of a table. */
export const MAX_RECORD_CHARACTERS = 1 << 22;

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
  bytes?: ByteSource, // read instead of `path`
  encoding?: TextEncodingChoice,
): AsyncGenerator<readonly CsvRecord[]> {
  const fault = faultOf('readCsv', path);
  const source = bytes ?? (await openBytes('readCsv', path, 'a CSV file', MAX_TEXT_RATIO));
  let records: CsvRecord[] = [];
  let parser: RecordParser | undefined;
  const parserFor = (text: string): RecordParser => {
    const name = delimiter === undefined ? findDelimiter(text, path) : undefined;
    if (name !== undefined) onDelimiter?.(name);
    const parser = new RecordParser(delimiter ?? delimiters[name ?? 'comma'], (record) => records.push(record));
    // Errors are handled where the text is written; an unhandled event would end the process.
    parser.on('error', () => {});
    return parser;
  };
  let unfinishedCharacters = 0; // at least so many came since the end of a record or blank line
  try {
    for await (const text of readText(source, fault, encoding)) {
      parser ??= parserFor(text);
      const linesBefore = countLines(parser);
      await write(parser, text);
      unfinishedCharacters = countLines(parser) === linesBefore ? unfinishedCharacters + text.length : 0;
      if (unfinishedCharacters > MAX_RECORD_CHARACTERS) {
        throw fault(`a row of more than ${MAX_RECORD_CHARACTERS} characters at line ${parser.begin}`, 'shorter ones');
      }
      yield records;
      records = [];
    }
    if (parser === undefined) return;
    await write(parser, null);
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

/** Collects records directly from the parser. Its stream takes ten times as long, twenty times with line numbers. */
class RecordParser extends Parser {
  readonly #onRecord: (record: CsvRecord) => void;
  #last = { line: 0, blank: 0 }; // where the last record ended, and the number of blank lines up to there

  constructor(delimiter: string, onRecord: (record: CsvRecord) => void) {
    super({
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    });
    this.#onRecord = onRecord;
  }

  override push(fields: readonly string[] | null): boolean {
    if (fields === null) return super.push(null);
    const { lines: line, empty_lines: blank } = this.info;
    this.#onRecord({ line, fields });
    this.#last = { line, blank };
    return true;
  }

  /** The line in which the unfinished record begins. */
  get begin(): number {
    return this.#last.line + this.info.empty_lines - this.#last.blank + 1;
  }
}

/** Number of records and blank lines that have ended. */
const countLines = ({ info }: Parser): number => info.records + info.empty_lines;

/** Resolves when the parser has processed a part of the text or, with null, its end. */
const write = (parser: Parser, text: string | null): Promise<void> =>
  new Promise((resolve, reject) => {
    const done = (error?: Error | null) => (error ? reject(error) : resolve());
    if (text === null) parser.end(done);
    else parser.write(text, done);
  });
