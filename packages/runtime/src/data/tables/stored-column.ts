import { refuseBeyondRoom } from '../../system/memory/memory-room.ts';
import { type CacheFile, readPart } from '../cache-file.ts';
import type { GrowingNumbers } from '../growing-numbers.ts';
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

/** Numbers held in memory for all columns together before they are written: 32 MiB. */
const MOST_WAITING = 1 << 22;
const FIRST_CHUNK = 1 << 6;
const LARGEST_CHUNK = 1 << 17;

/** Growing arrays of numbers for `columns` columns, spooled to one file until each is taken. */
export function spooledNumbers(file: CacheFile, columns: number): () => GrowingNumbers {
  const most = Math.max(FIRST_CHUNK, Math.min(LARGEST_CHUNK, Math.floor(MOST_WAITING / columns)));
  return () => {
    let written: { readonly start: number; readonly length: number }[] = [];
    let before = 0; // numbers already in the file
    let last = new Float64Array(FIRST_CHUNK);
    let used = 0;
    return {
      get length() {
        return before + used;
      },
      push(value) {
        if (used === last.length) {
          written.push({ start: file.append(last), length: used });
          before += used;
          if (last.length < most) last = new Float64Array(Math.min(most, 2 * last.length));
          used = 0;
        }
        last[used++] = value;
      },
      take() {
        refuseBeyondRoom(8 * (before + used));
        // Not shared memory: the garbage collector does not notice how much of it each column releases.
        const taken = new Float64Array(before + used);
        let at = 0;
        for (const { start, length } of written) {
          file.read(taken.subarray(at, at + length), start);
          at += length;
        }
        taken.set(last.subarray(0, used), before);
        written = [];
        [before, used] = [0, 0];
        return taken;
      },
    };
  };
}
