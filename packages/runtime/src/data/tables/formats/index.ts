import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { OptionError } from '@gradloom/core';
import { checkObject, show, showPath } from '@gradloom/core/internal';
import { checkPath } from '../../../system/files/check-path.ts';
import { statsOf } from '../../../system/files/file-system.ts';
import { type TableOptions, tableOptions } from '../table-options.ts';
import type { TableFormat, TableReader } from './table-reader.ts';

/** Tells whether the name of a file matches. */
export const isNamed = (pattern: RegExp) => (path: string) => pattern.test(basename(path));

const table = {
  csv: {
    title: 'a file whose name ends in .csv or .tsv',
    matches: isNamed(/\.[ct]sv(\.gz)?$/i),
    // Imported when needed: most processes read no CSV file, and the parser takes 3 ms to load.
    open: async (path, options) => (await import('./csv-table.ts')).openCsvTable(path, options),
  },
  'json-lines': {
    title: 'one that ends in .jsonl or .ndjson',
    matches: isNamed(/\.(jsonl|ndjson)(\.gz)?$/i),
    open: async (path, options) => (await import('./json-lines.ts')).openJsonLines(path, options),
  },
  json: {
    title: 'one that ends in .json',
    matches: isNamed(/\.json(\.gz)?$/i),
    open: async (path, options) => (await import('./json-array.ts')).openJsonArray(path, options),
  },
  parquet: {
    title: 'one that ends in .parquet',
    matches: isNamed(/\.(parquet|pq)$/i),
    open: async (path, options) => (await import('./parquet-table.ts')).openParquet(path, options),
  },
  sqlite: {
    title: 'one that ends in .sqlite',
    matches: isNamed(/\.(sqlite3?|db)$/i),
    open: async (path, options) => (await import('./sqlite-table.ts')).openSqlite(path, options),
  },
} satisfies Record<string, TableFormat>;

/** Every format of tables; the first that matches is used. */
export const tableFormats: Readonly<Record<keyof typeof table, TableFormat>> = table;

/** Opens CSV from a stream, such as standard input. Messages call it `name`. */
export async function openCsvStream(stream: Readable, name: string): Promise<TableReader> {
  const expected = 'a readable stream';
  if (typeof checkObject('openCsvStream', 'stream', stream, expected)[Symbol.asyncIterator] !== 'function') {
    throw new OptionError('openCsvStream', 'stream', `has ${show(stream)}, expected ${expected}`);
  }
  checkPath('openCsvStream', name, 'name');
  return (await import('./csv-table.ts')).openCsvStream(stream, name);
}

/** The format of a file with this name; undefined if it is not a table. */
export const tableFormatOf = (path: string): TableFormat | undefined =>
  Object.values(tableFormats).find((format) => format.matches(checkPath('tableFormatOf', path)));

/** Opens a table in the format of its file name. @throws Error naming the path. */
export async function openTable(path: string, options: TableOptions = {}): Promise<TableReader> {
  checkPath('openTable', path);
  tableOptions.read(options);
  // Spreadsheets write tables as .txt, which `tableFormatOf` takes for text to learn.
  const format = tableFormatOf(path) ?? (/\.txt(\.gz)?$/i.test(path) ? tableFormats.csv : undefined);
  const name = (['table', 'query'] as const).find((option) => options[option] !== undefined);
  if (name !== undefined && format !== tableFormats.sqlite) {
    const problem = `has ${show(options[name])}, expected none: ${showPath(path)} is not named as a SQLite file is`;
    throw new OptionError('readTable', name, problem);
  }
  if (name === 'table' && options.query !== undefined) {
    throw new OptionError('readTable', 'table', `has ${show(options.table)}, expected none beside a query`);
  }
  if (format !== undefined) return format.open(path, options);
  const exists = statsOf('readTable', path) !== undefined;
  const titles = Object.values(tableFormats).map(({ title }) => title);
  throw new Error(
    `readTable: ${showPath(path)} ${exists ? 'is not a table' : 'does not exist'}, expected ${titles.join(', or ')}`,
  );
}
