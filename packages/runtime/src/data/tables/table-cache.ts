import { existsSync, rmSync } from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';
import type { TablePreprocessing } from '@gradloom/core';
import { createCacheFile } from '../cache-file.ts';
import { openCache, sha256 } from '../cache-folder.ts';
import type { ColumnStore } from './column-store.ts';
import { type StoredColumn, spooledNumbers, storeColumn, storedColumn } from './stored-column.ts';
import type { Table, TableColumn, TableSplit } from './table.ts';
import type { TableOptions } from './table-options.ts';

/** Increased whenever older caches would be read incorrectly. */
const VERSION = 6;

const COLUMNS = 'columns.bin';
const WAITING = 'waiting.bin';

interface TableHeader extends Pick<Table, 'rows' | 'leftOut' | 'reasons' | 'classes' | 'decisions' | 'warnings'> {
  readonly inputs: readonly StoredColumn[];
  readonly targets: readonly StoredColumn[];
  readonly weights: StoredColumn | null;
  readonly split: { readonly by: TableSplit['by']; readonly column: StoredColumn } | null;
}

/**
 * Returns the table at `path` with its columns in a folder of `<path>.gradloom-cache`. If an earlier run left a cache
 * for the same file and options, it is used; otherwise `read` reads the file once.
 * @throws Error of `fault` if it cannot be written, or the file changes while it is read.
 */
export async function openTableCache(
  path: string,
  options: TableOptions,
  preprocessing: TablePreprocessing | null, // that of the model that reads it
  fault: (problem: string, cause?: unknown) => Error,
  read: (store: ColumnStore) => Promise<Table>,
): Promise<Table> {
  // The reader reports a missing file.
  if (!existsSync(path)) return read(noStore);
  const { folder, header, origin } = await openCache<TableHeader>({
    ...{ path, keys: [keyOf(options, preprocessing)], contents: COLUMNS, fault },
    async make(columns, making) {
      const waiting = createCacheFile(join(making, WAITING));
      try {
        const stored = new Map<TableColumn, StoredColumn>();
        const table = await read({
          collecting: (count) => spooledNumbers(waiting, count),
          keep(column) {
            const it = storeColumn(column, columns);
            const kept = storedColumn(it, join(making, COLUMNS));
            stored.set(kept, it);
            return kept;
          },
        });
        return headerOf(table, (column) => stored.get(column) as StoredColumn);
      } finally {
        waiting.close();
        rmSync(join(making, WAITING));
      }
    },
  });
  return tableIn(folder, header, path, options, origin);
}

/**
 * Hash of everything that the stored columns depend on: not the scale, which is fitted later, nor the name in messages.
 * Of a model only its columns and types count, so that all models of a table share a cache.
 */
function keyOf(
  { name: _, scale: __, stream: ___, targetTransform: ____, ...options }: TableOptions,
  model: TablePreprocessing | null,
): string {
  const reading = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  const columns = model?.columns.map((column) => [column.name, column.type, 'format' in column ? column.format : null]);
  const targets = model?.target.map((it) => [it.name, it.type, it.type === 'classes' ? it.labels : it.format]);
  return sha256(JSON.stringify([VERSION, endianness(), reading, columns, targets])).slice(0, 16);
}

const noStore: ColumnStore = {
  collecting: () => {
    throw new Error('readTable: the file appeared while it was opened, expected it to be there');
  },
  keep: (column) => column,
};

function headerOf(
  { rows, inputs, targets, weights, split, leftOut, reasons, classes, decisions, warnings }: Table,
  storedOf: (column: TableColumn) => StoredColumn,
): TableHeader {
  return {
    ...{ rows, leftOut, reasons, classes, decisions, warnings },
    inputs: inputs.map(storedOf),
    targets: targets.map(storedOf),
    weights: weights && storedOf(weights),
    split: split === undefined ? null : { by: split.by, column: storedOf(split.column) },
  };
}

function tableIn(folder: string, header: TableHeader, path: string, options: TableOptions, origin: string): Table {
  const { rows, leftOut, reasons, classes, decisions, warnings } = header;
  const columnOf = (column: StoredColumn) => storedColumn(column, join(folder, COLUMNS));
  return {
    ...{ name: options.name ?? path, rows, leftOut, reasons, classes, warnings, options, cache: folder },
    inputs: header.inputs.map(columnOf),
    targets: header.targets.map(columnOf),
    weights: header.weights && columnOf(header.weights),
    ...(header.split && { split: { by: header.split.by, column: columnOf(header.split.column) } }),
    decisions: [...decisions, `rows are streamed from ${folder}, ${origin} (it may be deleted, and is then made anew)`],
  };
}
