import type { Readable } from 'node:stream';
import { type ByteSource, readParts } from '../../../system/files/byte-source.ts';
import { type CsvRecord, findHeader } from '../sniffers/csv-layout.ts';
import { readCsv } from './csv-records.ts';
import {
  type DelimiterName,
  delimiters,
  type TableReader,
  type TableReadOptions,
  type TableRow,
} from './table-reader.ts';

const delimiterTexts: Readonly<Record<DelimiterName, string>> = {
  comma: 'commas',
  semicolon: 'semicolons',
  tab: 'tabs',
  pipe: 'the character |',
};

const encodingTitles: Readonly<Record<string, string>> = {
  'utf-16le': 'UTF-16',
  'utf-16be': 'UTF-16',
  'windows-1252': 'Windows-1252 (--encoding names another)',
};

/**
 * Opens a CSV file, plain or gzipped. By default, the delimiter is found from the first rows, and the first row holds
 * names if none of its fields is a number.
 */
export async function openCsvTable(
  path: string,
  { header, delimiter: requested, encoding }: TableReadOptions,
  source?: ByteSource, // read instead of `path`
): Promise<TableReader> {
  let delimiter = requested;
  const encodings: string[] = [];
  const records = readCsv(
    path,
    requested && delimiters[requested],
    (name) => {
      delimiter = name;
    },
    source,
    { encoding, onFound: (name) => encodings.push(`text in ${encodingTitles[name]}`) },
  );
  let firstRecords: readonly CsvRecord[] = [];
  while (firstRecords.length === 0) {
    const next = await records.next();
    if (next.done) break;
    firstRecords = next.value;
  }
  const { names, rows, findings } = findHeader(firstRecords, header);
  const delimiterFindings = delimiter === undefined ? [] : [`fields separated by ${delimiterTexts[delimiter]}`];
  return {
    names: () => names?.fields ?? null,
    ...(names === undefined ? {} : { namesLocation: `line ${names.line}` }),
    // The encoding may be found after the first row. An empty file has no findings.
    get findings() {
      return findings.length === 0 ? [] : [...encodings, ...delimiterFindings, ...findings];
    },
    delimiter,
    batches: rowsOf(rows, records),
    close: async () => {
      await records.return(undefined);
    },
  };
}

async function* rowsOf(
  firstRecords: readonly CsvRecord[],
  rest: AsyncGenerator<readonly CsvRecord[]>,
): AsyncGenerator<readonly TableRow[]> {
  try {
    yield firstRecords.map(rowOf);
    for await (const records of rest) yield records.map(rowOf);
  } finally {
    await rest.return(undefined);
  }
}

const rowOf = ({ line, fields }: CsvRecord): TableRow => ({ location: `line ${line}`, cells: fields });

/** Opens CSV from a stream, such as standard input. Messages call it `name`. */
export const openCsvStream = (stream: Readable, name: string): Promise<TableReader> =>
  openCsvTable(name, {}, streamSource(stream));

/** The bytes of a stream, such as standard input, in order. Their number is not known in advance. */
function streamSource(stream: Readable): ByteSource {
  const chunks: AsyncIterator<Uint8Array | string> = stream[Symbol.asyncIterator]();
  return {
    gzipped: false,
    fileBytes: Number.POSITIVE_INFINITY,
    maxBytes: Number.POSITIVE_INFINITY,
    read: readParts(async () => {
      const { done, value } = await chunks.next();
      if (done) return null;
      return typeof value === 'string' ? Buffer.from(value) : value;
    }),
    async close() {
      await chunks.return?.();
    },
  };
}
