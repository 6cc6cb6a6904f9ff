import { CsvError, Parser } from 'csv-parse';
import { openBytes } from '../files/byte-source.ts';
import { readText } from './read-text.ts';
import { separatorOf } from './separator.ts';

export interface CsvRecord {
  readonly line: number; // counted from 1, where it ends
  readonly fields: readonly string[];
}

/** Characters of a record, some 100,000 columns: beyond it a quote was left open, or the file is no table. */
const MOST_CHARACTERS = 1 << 22;

/**
 * How many times its size a gzipped table may unpack to. Tables of numbers pack 3 to 30 times. What packs more is
 * nearly all zeros, such as hundreds of one-hot columns, and can be unpacked by whoever trusts it.
 */
const MOST_UNPACKED = 256;

/**
 * The records of a file of comma-separated values, plain or gzipped, with quoted fields, any ends of lines and a mark
 * of the byte order or without one; tabs separate where the name ends in .tsv. Blank lines are passed over. They come
 * as the text does, part by part: to await each record would take longer than to read it. @throws Error naming the file
 * and, where it can be told, the line.
 */
export async function* readCsv(path: string): AsyncGenerator<readonly CsvRecord[]> {
  const fault = (has: string, expected: string, cause?: unknown) =>
    new Error(`readCsv: ${path} has ${has}, expected ${expected}`, { cause });
  const source = await openBytes('readCsv', path, 'a CSV file', MOST_UNPACKED);
  let records: CsvRecord[] = [];
  const parser = new RecordParser(separatorOf(path), (record) => records.push(record));
  // Whoever writes to the parser is told of it as well.
  parser.on('error', () => {});
  let open = 0; // characters since a record or a blank line ended, at least
  try {
    for await (const text of readText(source, fault)) {
      const before = ended(parser);
      await written(parser, text);
      open = ended(parser) === before ? open + text.length : 0;
      if (open > MOST_CHARACTERS) {
        throw fault(`a row of more than ${MOST_CHARACTERS} characters at line ${parser.info.lines}`, 'shorter ones');
      }
      yield records;
      records = [];
    }
    await written(parser, null);
    yield records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = 'lines' in error ? ` at line ${error.lines}` : '';
    if (error.code === 'CSV_QUOTE_NOT_CLOSED') throw fault(`an open quote${line}`, 'a closing quote', error);
    throw fault(`a mistake${line}`, `comma-separated values (${error.message})`, error);
  } finally {
    parser.destroy();
    await source.close();
  }
}

/**
 * Hands each record over as soon as it is whole: through a stream it takes ten times as long, and its line, which the
 * parser knows, twice as long again.
 */
class RecordParser extends Parser {
  readonly #take: (record: CsvRecord) => void;

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
    this.#take({ line: this.info.lines, fields });
    return true;
  }
}

const ended = ({ info }: Parser): number => info.records + info.empty_lines;

/** Resolves when the parser is through with a part of the text, or, with null, at its end. */
const written = (parser: Parser, text: string | null): Promise<void> =>
  new Promise((resolve, reject) => {
    const done = (error?: Error | null) => (error ? reject(error) : resolve());
    if (text === null) parser.end(done);
    else parser.write(text, done);
  });
