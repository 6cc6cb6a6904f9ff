import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EncodingNote, TablePreprocessing } from '@gradloom/core';
import { showName } from '@gradloom/core/internal';
import { temporaryPath } from '../../system/files/write-atomically.ts';
import { CacheError, type CacheFile, createCacheFile, wrapWriteErrors } from '../cache-file.ts';
import { cannotWrite, hasStamp, publishFolder, readSealedJson, stampOf, writeSealedJson } from '../cache-folder.ts';
import { type DataMatrix, valueMatrix } from '../dataset.ts';
import { fileRows } from '../file-rows.ts';
import { npyHeader } from '../npy-header.ts';
import { nativeType, sharedArrays } from '../number-types.ts';

const ROWS = 'rows.npy';
const HEADER = 'header.json';

/** Header of the encoded rows, kept in a file next to them. */
interface RowsHeader {
  readonly rows: ReturnType<typeof stampOf>;
  readonly notes: readonly EncodingNote[]; // each distinct note once
}

/** Numbers encoded at a time: 32 MiB. */
const CHUNK_NUMBERS = 1 << 22;

const TYPE = nativeType('f8');

/**
 * Returns the encoded rows as a NumPy file in the folder of the table's cache, reusing the file of an earlier run.
 * `encode` overwrites [count, columns] of `x`, which holds zeros.
 */
export function cachedRows(
  folder: string,
  name: string, // name of the table
  preprocessing: TablePreprocessing,
  rows: Uint32Array,
  columns: number,
  encode: (x: Float64Array, first: number, count: number, onNote: (note: EncodingNote) => void) => void,
  onNote?: (note: EncodingNote) => void,
): DataMatrix {
  const key = keyOf(preprocessing, rows);
  const rowsFolder = join(folder, `rows-${key}`);
  const path = join(rowsFolder, ROWS);
  const header = npyHeader(TYPE.name, [rows.length, columns]);
  const notes = storedNotes(rowsFolder) ?? writeRows();
  for (const note of notes) onNote?.(note);
  const file = fileRows(path, 'npy', { type: TYPE, shape: [rows.length, columns], bytes: header.length });
  const noNumbers = sharedArrays.float64(0); // they stay in the file
  return { ...valueMatrix(noNumbers, columns), file };

  function writeRows(): readonly EncodingNote[] {
    const draft = temporaryPath(rowsFolder); // a folder that gets its final name when it is complete
    try {
      wrapWriteErrors(() => mkdirSync(draft));
      const file = createCacheFile(join(draft, ROWS));
      let notes: EncodingNote[];
      try {
        file.append(header);
        notes = encodeAll(file);
        file.sync();
      } finally {
        file.close();
      }
      const seal: RowsHeader = { rows: stampOf(join(draft, ROWS)), notes };
      writeSealedJson(join(draft, HEADER), seal);
      publishFolder(draft, rowsFolder, () => storedNotes(rowsFolder) !== null);
      return notes;
    } catch (error) {
      if (!(error instanceof CacheError)) throw error;
      throw new Error(`encodeTable: ${showName(name)} has no cache for --stream: ${cannotWrite(folder, error)}`, {
        cause: error,
      });
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  }

  function encodeAll(file: CacheFile): EncodingNote[] {
    const distinct = new Map<string, EncodingNote>();
    // Numbers out of range are not stored: they may be in every row, and splits of a table do not report them.
    const addNote = (note: EncodingNote) => {
      if (note.range === undefined) distinct.set(JSON.stringify([note.column, note.value]), note);
    };
    const chunkRows = Math.min(rows.length, Math.max(1, Math.floor(CHUNK_NUMBERS / columns)));
    const x = new Float64Array(chunkRows * columns);
    for (let first = 0; first < rows.length; first += chunkRows) {
      const count = Math.min(chunkRows, rows.length - first);
      x.fill(0);
      encode(x, first, count, addNote);
      file.append(x.subarray(0, count * columns));
    }
    return [...distinct.values()];
  }
}

function keyOf(preprocessing: TablePreprocessing, rows: Uint32Array): string {
  const hash = createHash('sha256').update(JSON.stringify(preprocessing));
  return hash
    .update(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength))
    .digest('hex')
    .slice(0, 16);
}

/** The notes that an earlier run stored with its rows; null if the rows are missing or were changed. */
function storedNotes(folder: string): readonly EncodingNote[] | null {
  const header = readSealedJson(join(folder, HEADER)) as RowsHeader | null;
  return header !== null && hasStamp(join(folder, ROWS), header.rows) ? header.notes : null;
}
