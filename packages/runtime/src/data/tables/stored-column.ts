import { refuseBeyondRoom } from '../../system/memory/memory-room.ts';
import { type CacheFile, readPart } from './cache-file.ts';
import type { NumberColumn, TableColumn, WordColumn } from './table.ts';

/** Header of a column whose cells are in a file. */
export interface StoredColumn extends Omit<TableColumn, 'data'> {
  readonly kind: 'numbers' | 'words';
  /** Byte offset of its cells. */
  readonly start: number;
  /** Number of cells. */
  readonly rows: number;
  /** The distinct words, if its cells are words. */
  readonly words?: readonly string[];
}

/** Writes the cells of a column. @throws CacheError if the disk is full. */
export function storeColumn({ data, ...column }: TableColumn, file: CacheFile): StoredColumn {
  if (data.kind === 'numbers') {
    const { values } = data;
    return { ...column, kind: 'numbers', start: file.append(values), rows: values.length };
  }
  const { indices, words } = data;
  return { ...column, kind: 'words', start: file.append(indices), rows: indices.length, words };
}

/** A column whose cells are read from `path` on each access, so that one column at a time is in memory. */
export function storedColumn({ kind, start, rows, words = [], ...column }: StoredColumn, path: string): TableColumn {
  const doubles = (first: number, count: number): Float64Array => {
    refuseBeyondRoom(8 * count);
    const values = new Float64Array(count);
    readPart(path, values, start + 8 * first);
    return values;
  };
  const places = (first: number, count: number): Int32Array => {
    refuseBeyondRoom(4 * count);
    const indices = new Int32Array(count);
    readPart(path, indices, start + 4 * first);
    return indices;
  };
  const numbers: NumberColumn = {
    kind: 'numbers',
    get values() {
      return doubles(0, rows);
    },
    part: doubles,
  };
  const dictionary: WordColumn = {
    kind: 'words',
    words,
    get indices() {
      return places(0, rows);
    },
    part: places,
  };
  return { ...column, data: kind === 'numbers' ? numbers : dictionary };
}
