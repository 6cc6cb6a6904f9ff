import type { Readable } from 'node:stream';
import { show } from '@gradloom/core/internal';
import type { ByteSource } from '../../system/files/byte-source.ts';
import { type CsvRecord, MOST_TITLES, readCsv } from './csv-records.ts';
import { isSomeNumber } from './format-finder.ts';
import {
  type DelimiterName,
  delimiters,
  type TableReader,
  type TableReadOptions,
  type TableRow,
} from './table-reader.ts';

const shown: Readonly<Record<DelimiterName, string>> = {
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
  { header, delimiter, encoding }: TableReadOptions,
  source?: ByteSource, // read instead of `path`
): Promise<TableReader> {
  let found = delimiter;
  const encoded: string[] = [];
  const records = readCsv(
    path,
    delimiter && delimiters[delimiter],
    (name) => {
      found = name;
    },
    source,
    { encoding, onFound: (name) => encoded.push(`text in ${encodingTitles[name]}`) },
  );
  let read: readonly CsvRecord[] = [];
  while (read.length === 0) {
    const next = await records.next();
    if (next.done) break;
    read = next.value;
  }
  const titles = header === undefined ? titlesAbove(read) : 0;
  const first = read.slice(titles);
  const top = first.at(0);
  const isNamed = top !== undefined && (header ?? top.fields.every((field) => !isSomeNumber(field)));
  const separated = found === undefined ? [] : [`fields separated by ${shown[found]}`];
  const above =
    titles === 0 ? [] : [`${titlesOf(read.slice(0, titles))} (:header=true takes line ${read[0].line} for the names)`];
  const names = isNamed ? `names of columns in line ${top.line}` : 'no names of columns, so they are numbered from 1';
  return {
    names: () => (isNamed ? top.fields : null),
    ...(isNamed ? { namesPlace: `line ${top.line}` } : {}),
    // The encoding may be found later than the first row.
    get findings() {
      return top === undefined ? [] : [...encoded, ...separated, ...above, names];
    },
    delimiter: found,
    batches: rowsOf(isNamed ? first.slice(1) : first, records),
    close: async () => {
      await records.return(undefined);
    },
  };
}

/**
 * The number of lines above the names of columns, such as the title of a report: they have less than half as many
 * fields that are filled as most lines, and a line of names in all of these follows.
 */
function titlesAbove(records: readonly CsvRecord[]): number {
  const filled = records.map(({ fields }) => fields.filter((field) => field !== '').length);
  const usual = filled.toSorted((a, b) => a - b).at(filled.length >> 1) ?? 0;
  const names = filled.findIndex((count) => 2 * count >= usual);
  const isNames = names > 0 && filled[names] >= usual && records[names].fields.every((field) => !isSomeNumber(field));
  return isNames && names <= MOST_TITLES ? names : 0;
}

const titlesOf = (titles: readonly CsvRecord[]): string =>
  titles.length === 1
    ? `line ${titles[0].line} is left out as a title: ${show(titles[0].fields.find((field) => field !== '') ?? '')}`
    : `lines ${titles[0].line} to ${titles[titles.length - 1].line} are left out as titles`;

async function* rowsOf(
  first: readonly CsvRecord[],
  rest: AsyncGenerator<readonly CsvRecord[]>,
): AsyncGenerator<readonly TableRow[]> {
  try {
    yield first.map(rowOf);
    for await (const records of rest) yield records.map(rowOf);
  } finally {
    await rest.return(undefined);
  }
}

const rowOf = ({ line, fields }: CsvRecord): TableRow => ({ place: `line ${line}`, cells: fields });

/** Opens CSV from a stream, such as standard input. Messages call it `name`. */
export const openCsvStream = (stream: Readable, name: string): Promise<TableReader> =>
  openCsvTable(name, {}, streamSource(stream));

/** The bytes of a stream, such as standard input, in order. Their number is not known in advance. */
function streamSource(stream: Readable): ByteSource {
  const chunks: AsyncIterator<Uint8Array | string> = stream[Symbol.asyncIterator]();
  let chunk: Uint8Array = new Uint8Array(0);
  return {
    gzipped: false,
    fileBytes: Number.POSITIVE_INFINITY,
    maxBytes: Number.POSITIVE_INFINITY,
    async read(into) {
      let filled = 0;
      while (filled < into.length) {
        if (chunk.length === 0) {
          const next = await chunks.next();
          if (next.done) break;
          chunk = typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
        }
        const n = Math.min(chunk.length, into.length - filled);
        into.set(chunk.subarray(0, n), filled);
        chunk = chunk.subarray(n);
        filled += n;
      }
      return filled;
    },
    async close() {
      await chunks.return?.();
    },
  };
}
