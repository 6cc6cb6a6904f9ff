import { refuseBeyondRoom } from '../../../system/memory/memory-room.ts';
import { type CacheFile, readPart } from '../../cache-file.ts';
import { createGrowingNumbers, type GrowingNumbers } from '../../growing-numbers.ts';
import type { TableColumn } from '../table.ts';

/** Where a table's columns are stored, while it is read and afterwards. */
export interface ColumnStore {
  /** For a table with `columns` columns, returns a function that makes the storage of one while it is read. */
  collecting(columns: number): () => GrowingNumbers;
  /** Stores a column for the life of the table. */
  keep(column: TableColumn): TableColumn;
}

/** Keeps columns in memory. */
export const memoryStore: ColumnStore = { collecting: () => createGrowingNumbers, keep: (column) => column };

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
  function read<T extends Float64Array | Int32Array>(
    type: { new (length: number): T; readonly BYTES_PER_ELEMENT: number },
    first: number,
    count: number,
  ): T {
    refuseBeyondRoom(type.BYTES_PER_ELEMENT * count);
    const cells = new type(count);
    readPart(path, cells, start + type.BYTES_PER_ELEMENT * first);
    return cells;
  }
  const numbers = (first: number, count: number) => read(Float64Array, first, count);
  const indices = (first: number, count: number) => read(Int32Array, first, count);
  const data: TableColumn['data'] =
    kind === 'numbers'
      ? {
          kind,
          get values() {
            return numbers(0, rows);
          },
          part: numbers,
        }
      : {
          kind,
          words,
          get indices() {
            return indices(0, rows);
          },
          part: indices,
        };
  return { ...column, data };
}

/** Numbers held in memory for all columns together before they are written: 32 MiB. */
const MAX_BUFFERED_NUMBERS = 1 << 22;
const MIN_CHUNK_NUMBERS = 1 << 6;
const MAX_CHUNK_NUMBERS = 1 << 17;

/** Growing arrays of numbers for `columns` columns, spooled to one file until each is taken. */
export function spooledNumbers(file: CacheFile, columns: number): () => GrowingNumbers {
  const share = Math.floor(MAX_BUFFERED_NUMBERS / columns);
  const maxChunk = Math.max(MIN_CHUNK_NUMBERS, Math.min(MAX_CHUNK_NUMBERS, share));
  return () => {
    let chunks: { readonly start: number; readonly length: number }[] = []; // in the file
    let count = 0; // numbers in these
    let chunk = new Float64Array(MIN_CHUNK_NUMBERS);
    let used = 0; // of the chunk
    return {
      get length() {
        return count + used;
      },
      push(value) {
        if (used === chunk.length) {
          chunks.push({ start: file.append(chunk), length: used });
          count += used;
          if (chunk.length < maxChunk) chunk = new Float64Array(Math.min(maxChunk, 2 * chunk.length));
          used = 0;
        }
        chunk[used++] = value;
      },
      take() {
        refuseBeyondRoom(8 * (count + used));
        // Not shared memory: the garbage collector does not notice how much of it each column releases.
        const numbers = new Float64Array(count + used);
        let offset = 0;
        for (const { start, length } of chunks) {
          file.read(numbers.subarray(offset, offset + length), start);
          offset += length;
        }
        numbers.set(chunk.subarray(0, used), count);
        chunks = [];
        [count, used] = [0, 0];
        return numbers;
      },
    };
  };
}
