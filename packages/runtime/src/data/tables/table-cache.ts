import { existsSync, rmSync } from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';
import type { TablePreprocessing } from '@gradloom/core';
import { labelListOf } from '@gradloom/core/internal';
import { createCacheFile } from '../cache-file.ts';
import { openCache, sha256 } from '../cache-folder.ts';
import {
  type ColumnHeader,
  type ColumnStore,
  memoryStore,
  openColumn,
  spooledNumbers,
  writeColumn,
} from './columns/column-store.ts';
import { type Columns, mapColumns, type Table, type TableColumn } from './table.ts';
import type { TableFault } from './table-faults.ts';
import type { TableOptions } from './table-options.ts';

/** Increased whenever older caches would be read incorrectly. */
const VERSION = 6;

const COLUMNS = 'columns.bin';
const SPOOL = 'spool.bin';

type TableFacts = Pick<Table, 'rows' | 'leftOut' | 'reasons' | 'classes' | 'decisions' | 'warnings'>;
interface TableHeader extends TableFacts, Columns<ColumnHeader> {}

/**
 * Returns the table at `path` with its columns in a folder of `<path>.gradloom-cache`. If an earlier run left a cache
 * for the same file and options, it is used; otherwise `read` reads the file once.
 * @throws Error of `fault` if it cannot be written, or the file changes while it is read.
 */
export async function openTableCache(
  path: string,
  options: TableOptions,
  preprocessing: TablePreprocessing | null, // that of the model that reads it
  fault: TableFault,
  read: (store: ColumnStore) => Promise<Table>,
): Promise<Table> {
  if (!existsSync(path)) return read(memoryStore); // which reports the missing file
  const { folder, header, origin } = await openCache<TableHeader>({
    path,
    keys: [keyOf(options, preprocessing)],
    fileName: COLUMNS,
    fault,
    async make(columns, draft) {
      const spool = createCacheFile(join(draft, SPOOL));
      try {
        const headers = new Map<TableColumn, ColumnHeader>();
        const table = await read({
          createBuffers: (count) => spooledNumbers(spool, count),
          persist(column) {
            const header = writeColumn(column, columns);
            const cachedColumn = openColumn(header, join(draft, COLUMNS));
            headers.set(cachedColumn, header);
            return cachedColumn;
          },
        });
        const { rows, leftOut, reasons, classes, decisions, warnings } = table;
        const columnHeaders = mapColumns(table, (column) => headers.get(column) as ColumnHeader);
        return { rows, leftOut, reasons, classes, decisions, warnings, ...columnHeaders };
      } finally {
        spool.close();
        rmSync(join(draft, SPOOL));
      }
    },
  });
  const { split: _, ...facts } = header;
  return {
    ...facts,
    ...mapColumns(header, (column) => openColumn(column, join(folder, COLUMNS))),
    name: options.name ?? path,
    options,
    cache: folder,
    decisions: [
      ...header.decisions,
      `rows are streamed from ${folder}, ${origin} (it may be deleted, and is then made anew)`,
    ],
  };
}

/**
 * Hash of everything that the stored columns depend on: not scale, ramps and parts of dates, which are fitted later,
 * nor the name in messages. Of a model only its columns and types count, so that all models of a table share a cache.
 */
function keyOf(
  {
    name: _,
    scale: __,
    stream: ___,
    ramps: ____,
    dateParts: _____,
    targetTransform = 'none',
    ...options
  }: TableOptions,
  model: TablePreprocessing | null,
): string {
  // The decisions of the table suggest a logarithm where none is taken.
  const statedOptions = targetTransform === 'none' ? options : { ...options, targetTransform };
  const entries = Object.entries(statedOptions).sort(([a], [b]) => (a < b ? -1 : 1));
  const columns = model?.columns.map((column) => [column.name, column.type, 'format' in column ? column.format : null]);
  const targets = model?.target.map((t) => [
    t.name,
    t.type,
    t.type === 'classes' ? t.labels : t.format,
    ...(labelListOf(t) === undefined ? [] : [labelListOf(t)]),
  ]);
  return sha256(JSON.stringify([VERSION, endianness(), entries, columns, targets])).slice(0, 16);
}
