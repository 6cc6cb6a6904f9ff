import { pipeline, Readable } from 'node:stream';
import { CsvError, type Info, parse } from 'csv-parse';
import { type ByteSource, openBytes } from '../files/byte-source.ts';

export interface CsvRecord {
  readonly line: number; // counted from 1, where it ends
  readonly fields: readonly string[];
}

/** Bytes that are read at a time. */
const CHUNK = 1 << 18;

/** Characters of a record, some 100,000 columns: beyond it a quote was left open, or the file is no table. */
const MOST_CHARACTERS = 1 << 22;

/**
 * The records of a file of comma-separated values, plain or gzipped, with quoted fields, any ends of lines and a mark of the
 * byte order or without one; tabs separate where the name ends in .tsv. Blank lines are passed over. @throws Error naming the
 * file and, where it can be told, the line.
 */
export async function* readCsv(path: string): AsyncGenerator<CsvRecord> {
  const fault = (has: string, expected: string, cause?: unknown) =>
    new Error(`readCsv: ${path} has ${has}, expected ${expected}`, { cause });
  const source = await openBytes('readCsv', path, 'a CSV file');
  const parser = parse({
    delimiter: /\.tsv(\.gz)?$/i.test(path) ? '\t' : ',',
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: MOST_CHARACTERS,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    info: true,
  });
  // What fails ends the iteration below, which reports it.
  pipeline(Readable.from(texts(source, fault)), parser, () => {});
  try {
    const records: AsyncIterable<{ info: Info; record: string[] }> = parser;
    for await (const { info, record } of records) yield { line: info.lines, fields: record };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = 'lines' in error ? ` at line ${error.lines}` : '';
    if (error.code === 'CSV_MAX_RECORD_SIZE') {
      throw fault(`a row of more than ${MOST_CHARACTERS} characters${line}`, 'shorter ones', error);
    }
    if (error.code === 'CSV_QUOTE_NOT_CLOSED') throw fault(`an open quote${line}`, 'one that closes it', error);
    throw fault(`a mistake${line}`, `comma-separated values (${error.message})`, error);
  } finally {
    parser.destroy();
    await source.close();
  }
}

/** The text of the file, part by part. @throws Error where it is no text. */
async function* texts(
  source: ByteSource,
  fault: (has: string, expected: string, cause?: unknown) => Error,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true }); // drops a mark of the byte order
  const chunk = new Uint8Array(CHUNK);
  let line = 1;
  for (let isLast = false; !isLast; ) {
    const got = await source.read(chunk);
    isLast = got < chunk.length;
    const text = decode(chunk.subarray(0, got), !isLast);
    if (text.includes('\0')) throw fault(`a NUL at line ${lineOf(text, text.indexOf('\0'))}`, 'text');
    if (text !== '') yield text;
    line = lineOf(text, text.length);
  }

  function lineOf(text: string, end: number): number {
    let count = line;
    for (let at = text.indexOf('\n'); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) count++;
    return count;
  }

  function decode(bytes: Uint8Array, stream: boolean): string {
    try {
      return decoder.decode(bytes, { stream });
    } catch (error) {
      throw fault(`bytes that are no text behind line ${line}`, 'UTF-8', error);
    }
  }
}
