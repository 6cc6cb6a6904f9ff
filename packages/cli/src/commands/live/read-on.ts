import { createHash } from 'node:crypto';
import { closeSync, fstatSync, readSync } from 'node:fs';
import { openOwnFile } from '@gradloom/runtime/internal';
import type { Schema } from '../../options/schema/schema.ts';
import { readLine } from '../../report/run-files.ts';

/** How far a file of lines has been read. `mark` identifies the bytes before it, so a file that was cut is noticed. */
export interface Place {
  readonly offset: number;
  readonly mark: string;
}

export const START: Place = { offset: 0, mark: '' };

/** Lines of a file from a place on. */
export interface Piece<T> {
  readonly place: Place; // after the lines
  readonly values: readonly T[];
  readonly restarts: boolean; // the file was cut or replaced: these are its first lines
  readonly hasMore: boolean;
  readonly problem: string | null; // the first line that cannot be read, which is left out
}

/** Bytes that are read at once: what a page that does not read can hold up. */
const MOST_BYTES = 2 ** 15;

/** Most bytes of a line. */
const MOST_LINE = 2 ** 24;

/** Bytes of a mark: each line ends with its checksum. */
const MARKED = 32;

/**
 * Reads the whole lines after `from`, at most 32 KiB of them where they are shorter. Reads from the start of the file
 * if it no longer has the bytes before `from`. A link or pipe in place of the file is a problem.
 */
export function readOn<T>(path: string, from: Place, schema: Schema<T>): Piece<T> {
  try {
    const file = openOwnFile('live', path, 'a file of lines');
    if (file === null) return { place: START, values: [], restarts: from.offset > 0, hasMore: false, problem: null };
    try {
      return readOpen(file, path, from, schema);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return { place: from, values: [], restarts: false, hasMore: false, problem: sentenceOf(error) };
  }
}

function readOpen<T>(file: number, path: string, from: Place, schema: Schema<T>): Piece<T> {
  const { size } = fstatSync(file);
  const restarts = from.offset > 0 && markAt(file, from.offset) !== from.mark;
  const start = restarts ? 0 : from.offset;
  let bytes: Buffer = Buffer.alloc(0);
  // A line that is longer is read again, whole.
  for (let most = MOST_BYTES; bytes.length < size - start; most *= 4) {
    if (most > MOST_LINE) throw new Error(`live: ${path} has a line of ${most} bytes, expected at most ${MOST_LINE}`);
    bytes = readBytes(file, start, Math.min(most, size - start));
    if (bytes.length < most || bytes.includes(NEWLINE)) break;
  }
  const end = bytes.lastIndexOf(NEWLINE) + 1; // the last line may be half written
  const values: T[] = [];
  let problem: string | null = null;
  for (let at = 0; at < end; ) {
    const next = bytes.indexOf(NEWLINE, at) + 1;
    try {
      values.push(readLine(`live: ${path}`, bytes.subarray(at, next - 1), schema));
    } catch (error) {
      problem ??= sentenceOf(error);
    }
    at = next;
  }
  const offset = start + end;
  const place = end === 0 && !restarts ? from : { offset, mark: markAt(file, offset) };
  return { place, values, restarts, hasMore: end > 0 && bytes.length < size - start, problem };
}

const NEWLINE = 10;

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A mark of the bytes before `offset`. */
function markAt(file: number, offset: number): string {
  const length = Math.min(MARKED, offset);
  const bytes = readBytes(file, offset - length, length);
  return bytes.length < length || length === 0 ? '' : createHash('sha256').update(bytes).digest('hex').slice(0, 8);
}

/** The bytes at `start`; fewer at the end of the file. */
function readBytes(file: number, start: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  for (let got = -1; got !== 0 && filled < length; filled += got) {
    got = readSync(file, bytes, filled, length - filled, start + filled);
  }
  return bytes.subarray(0, filled);
}
