import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';
import type { TablePreprocessing } from '@gradloom/core';
import { showPath } from '@gradloom/core/internal';
import { fileSystem } from '../../system/files/file-system.ts';
import { isTemporaryName, removeTemporaries, temporaryPath, writeSynced } from '../../system/files/write-atomically.ts';
import { CacheError, createCacheFile, writing } from './cache-file.ts';
import type { ColumnStore } from './column-store.ts';
import { type StoredColumn, spooledNumbers, storeColumn, storedColumn } from './stored-column.ts';
import type { Table, TableColumn, TableSplit } from './table.ts';
import type { TableOptions } from './table-options.ts';

/** Increased whenever older caches would be read incorrectly. */
const VERSION = 2;

const HEADER = 'header.json';
const COLUMNS = 'columns.bin';

/**
 * Identifies the file that a cache was made from: another file of the same name differs in inode, change time or size.
 */
type Source = readonly [bytes: string, modifiedNs: string, changedNs: string, inode: string];

/** Size and time of a cache file when it was written; later changes alter them. */
type Written = readonly [bytes: number, modifiedMs: number];

interface CacheHeader extends Pick<Table, 'rows' | 'leftOut' | 'reasons' | 'classes' | 'decisions' | 'warnings'> {
  readonly source: Source;
  readonly columns: Written;
  readonly inputs: readonly StoredColumn[];
  readonly targets: readonly StoredColumn[];
  readonly weights: StoredColumn | null;
  readonly split: { readonly by: TableSplit['by']; readonly column: StoredColumn } | null;
}

/**
 * Returns the table at `path` with its columns in a folder of `<path>.gradloom-cache`. If an earlier run left a cache
 * for the same file and options, it is used; otherwise `read` reads the file once. A cache gets its final name when it
 * is complete.
 * @throws Error of `fault` if it cannot be written, or the file changes while it is read.
 */
export async function openTableCache(
  path: string,
  options: TableOptions,
  preprocessing: TablePreprocessing | null, // that of the model that reads it
  fault: (problem: string, cause?: unknown) => Error,
  read: (store: ColumnStore) => Promise<Table>,
): Promise<Table> {
  const root = `${path}.gradloom-cache`;
  const folder = join(root, keyOf(options, preprocessing));
  const source = sourceOf(path);
  // The reader reports a missing file.
  if (source === null) return read(noStore);
  const known = headerIn(folder, source);
  if (known !== null) {
    sweep(root, folder);
    return tableIn(folder, known, path, options, 'as an earlier run read it');
  }
  try {
    await makeCache(root, folder, source, () => sourceOf(path), fault, read);
  } catch (error) {
    removeIfEmpty(root);
    if (!(error instanceof CacheError)) throw error;
    throw fault(` has no cache for --stream: ${cannotWrite(root, error)}`, error);
  }
  const made = headerIn(folder, source);
  if (made === null)
    throw fault(` has a cache in ${showPath(folder)} that another run replaced, expected one run at a time`);
  return tableIn(folder, made, path, options, 'made in this run');
}

/** The reason why there is no cache. */
export const cannotWrite = (folder: string, { message }: CacheError): string =>
  `${showPath(folder)} cannot be written: ${message}, expected a folder with room for it`;

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

export const sha256 = (contents: string | Uint8Array): string => createHash('sha256').update(contents).digest('hex');

function sourceOf(path: string): Source | null {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  if (stats === undefined) return null;
  return [String(stats.size), String(stats.mtimeNs), String(stats.ctimeNs), String(stats.ino)];
}

const noStore: ColumnStore = {
  collecting: () => {
    throw new Error('readTable: the file appeared while it was opened, expected it to be there');
  },
  keep: (column) => column,
};

async function makeCache(
  root: string,
  folder: string,
  source: Source,
  sourceNow: () => Source | null,
  fault: (problem: string) => Error,
  read: (store: ColumnStore) => Promise<Table>,
): Promise<void> {
  writing(() => mkdirSync(root, { recursive: true }));
  sweep(root);
  const making = temporaryPath(folder);
  writing(() => mkdirSync(making));
  try {
    const columns = createCacheFile(join(making, COLUMNS));
    const waiting = createCacheFile(join(making, 'waiting.bin'));
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
      if (JSON.stringify(sourceNow()) !== JSON.stringify(source)) {
        throw fault(' has changed while it was read, expected a file that stays as it is');
      }
      columns.sync();
      writeHeader(making, table, source, (column) => stored.get(column) as StoredColumn);
    } finally {
      columns.close();
      waiting.close();
    }
    rmSync(join(making, 'waiting.bin'));
    takeName(making, folder, () => headerIn(folder, source) !== null);
    removeOthers(root, source);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

function writeHeader(
  folder: string,
  { rows, inputs, targets, weights, split, leftOut, reasons, classes, decisions, warnings }: Table,
  source: Source,
  storedOf: (column: TableColumn) => StoredColumn,
): void {
  const header: CacheHeader = {
    ...{ source, columns: writtenAt(join(folder, COLUMNS)), rows, leftOut, reasons, classes, decisions, warnings },
    inputs: inputs.map(storedOf),
    targets: targets.map(storedOf),
    weights: weights && storedOf(weights),
    split: split === undefined ? null : { by: split.by, column: storedOf(split.column) },
  };
  writeSealedJson(join(folder, HEADER), header);
}

/**
 * Gives a finished folder its final name. If another process was faster and its folder is complete, that one stays,
 * since it may be in use.
 */
export function takeName(making: string, folder: string, isWhole: () => boolean): void {
  writing(() => {
    try {
      // rename never replaces a folder with files in it.
      renameSync(making, folder);
    } catch {
      if (isWhole()) return;
      const old = temporaryPath(folder);
      if (existsSync(folder)) fileSystem.rename(folder, old);
      rmSync(old, { recursive: true, force: true });
      fileSystem.rename(making, folder);
    }
  });
}

/** Removes caches of earlier versions of the file. */
function removeOthers(root: string, source: Source): void {
  for (const name of readdirSync(root)) {
    if (isTemporaryName(name)) continue;
    if (headerIn(join(root, name), source) === null) rmSync(join(root, name), { recursive: true, force: true });
  }
}

/** Removes what killed runs have left. */
function sweep(...folders: readonly string[]): void {
  for (const folder of folders) {
    try {
      removeTemporaries(folder);
    } catch {
      // A read-only folder: reading is still possible.
    }
  }
}

function removeIfEmpty(root: string): void {
  try {
    rmdirSync(root);
  } catch {
    // The folder is missing or has other caches.
  }
}

/** The header of a complete cache of this file, else null. */
function headerIn(folder: string, source: Source): CacheHeader | null {
  const header = readSealedJson(join(folder, HEADER)) as CacheHeader | null;
  if (header === null || JSON.stringify(header.source) !== JSON.stringify(source)) return null;
  return isAsWritten(join(folder, COLUMNS), header.columns) ? header : null;
}

function tableIn(folder: string, header: CacheHeader, path: string, options: TableOptions, made: string): Table {
  const { rows, leftOut, reasons, classes, decisions, warnings } = header;
  const columnOf = (column: StoredColumn) => storedColumn(column, join(folder, COLUMNS));
  return {
    ...{ name: options.name ?? path, rows, leftOut, reasons, classes, warnings, options, cache: folder },
    inputs: header.inputs.map(columnOf),
    targets: header.targets.map(columnOf),
    weights: header.weights && columnOf(header.weights),
    ...(header.split && { split: { by: header.split.by, column: columnOf(header.split.column) } }),
    decisions: [...decisions, `rows are streamed from ${folder}, ${made} (it may be deleted, and is then made anew)`],
  };
}

/** Size and modification time of a file. */
export function writtenAt(path: string): Written {
  const { size, mtimeMs } = statSync(path);
  return [size, mtimeMs];
}

/** Whether the file is unchanged since it was written. */
export function isAsWritten(path: string, written: Written): boolean {
  try {
    return JSON.stringify(writtenAt(path)) === JSON.stringify(written);
  } catch {
    return false;
  }
}

/** Writes JSON, preceded by its SHA-256, and flushes it to disk. */
export function writeSealedJson(path: string, value: unknown): void {
  const json = JSON.stringify(value);
  writing(() => writeSynced(path, [Buffer.from(`${sha256(json)}\n${json}`)]));
}

/** Reads what `writeSealedJson` wrote; null if it is missing or damaged. */
export function readSealedJson(path: string): unknown {
  let contents: string;
  try {
    contents = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  const end = contents.indexOf('\n');
  const json = contents.slice(end + 1);
  return contents.slice(0, end) === sha256(json) ? JSON.parse(json) : null;
}
