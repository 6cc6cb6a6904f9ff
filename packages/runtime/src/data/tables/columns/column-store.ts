import { refuseBeyondRoom } from '../../../system/memory/memory-room.ts';
import { type CacheFile, readPart } from '../../cache-file.ts';
import { sharedArrays } from '../../number-types.ts';
import type { TableColumn } from '../table.ts';

export interface GrowingNumbers {
  readonly length: number;
  /** @throws RoomError if there is no memory for more. */
  push(value: number): void;
  /** Returns all numbers and empties the array. @throws RoomError if there is no memory for them. */
  drain(): Float64Array;
}

/** Where a table's columns are stored, while it is read and afterwards. */
export interface ColumnStore {
  /** Returns a function that makes the growing array of a column while a table of this many columns is read. */
  createBuffers(columns: number): () => GrowingNumbers;
  /** Stores a finished column for the life of the table. */
  persist(column: TableColumn): TableColumn;
}

export const memoryStore: ColumnStore = { createBuffers: () => createGrowingNumbers, persist: (column) => column };

/** A column whose cells are in a file: where they are, and all that is not a cell. */
export interface ColumnHeader extends Omit<TableColumn, 'data'> {
  readonly kind: 'numbers' | 'words';
  /** Byte offset of its cells. */
  readonly start: number;
  /** Number of cells. */
  readonly rows: number;
  /** The distinct words, if its cells are words. */
  readonly words?: readonly string[];
}

/** Writes the cells of a column. @throws CacheError if the disk is full. */
export function writeColumn({ data, ...column }: TableColumn, file: CacheFile): ColumnHeader {
  if (data.kind === 'numbers') {
    const { values } = data;
    return { ...column, kind: 'numbers', start: file.append(values), rows: values.length };
  }
  const { indices, words } = data;
  return { ...column, kind: 'words', start: file.append(indices), rows: indices.length, words };
}

/** A column whose cells are read from `path` on each access, so that one column at a time is in memory. */
export function openColumn({ kind, start, rows, words = [], ...column }: ColumnHeader, path: string): TableColumn {
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
/** Small, since a table of ten thousand columns has ten thousand growing arrays. */
const MIN_CHUNK_NUMBERS = 1 << 6;
const MAX_CHUNK_NUMBERS = 1 << 17;

/** Collects numbers in memory; `drain` returns them in shared memory. */
function createGrowingNumbers(): GrowingNumbers {
  const chunks: Float64Array[] = [];
  let last = new Float64Array(MIN_CHUNK_NUMBERS);
  let before = 0; // numbers in full chunks
  let count = 0; // numbers in the last chunk
  return {
    get length() {
      return before + count;
    },
    push(value) {
      if (count === last.length) {
        before += count;
        const length = Math.min(MAX_CHUNK_NUMBERS, before);
        // Twice, because `drain` copies all of them.
        refuseBeyondRoom(8 * (before + 2 * length));
        chunks.push(last);
        last = new Float64Array(length);
        count = 0;
      }
      last[count++] = value;
    },
    drain() {
      const array = sharedArrays.float64(before + count);
      array.set(last.subarray(0, count), before);
      while (chunks.length > 0) {
        const chunk = chunks.pop() ?? last;
        before -= chunk.length;
        array.set(chunk, before);
      }
      count = 0;
      return array;
    },
  };
}

/** Growing arrays of numbers for `columns` columns, spooled to one file until each is drained. */
export function spooledNumbers(file: CacheFile, columns: number): () => GrowingNumbers {
  const columnNumbers = Math.floor(MAX_BUFFERED_NUMBERS / columns);
  const maxChunk = Math.max(MIN_CHUNK_NUMBERS, Math.min(MAX_CHUNK_NUMBERS, columnNumbers));
  return () => {
    let chunks: { readonly start: number; readonly length: number }[] = []; // in the file
    let count = 0; // numbers in `chunks`
    let chunk = new Float64Array(MIN_CHUNK_NUMBERS);
    let chunkLength = 0; // numbers in `chunk`
    return {
      get length() {
        return count + chunkLength;
      },
      push(value) {
        if (chunkLength === chunk.length) {
          chunks.push({ start: file.append(chunk), length: chunkLength });
          count += chunkLength;
          if (chunk.length < maxChunk) chunk = new Float64Array(Math.min(maxChunk, 2 * chunk.length));
          chunkLength = 0;
        }
        chunk[chunkLength++] = value;
      },
      drain() {
        refuseBeyondRoom(8 * (count + chunkLength));
        // Not shared memory: the garbage collector does not notice how much of it each column releases.
        const numbers = new Float64Array(count + chunkLength);
        let offset = 0;
        for (const { start, length } of chunks) {
          file.read(numbers.subarray(offset, offset + length), start);
          offset += length;
        }
        numbers.set(chunk.subarray(0, chunkLength), count);
        chunks = [];
        [count, chunkLength] = [0, 0];
        return numbers;
      },
    };
  };
}
