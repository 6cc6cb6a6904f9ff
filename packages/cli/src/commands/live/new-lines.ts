import { createHash } from 'node:crypto';
import { closeSync, fstatSync } from 'node:fs';
import { openRunFile } from '@gradloom/runtime/internal';
import { readBytes } from '../../files/run-files/names.ts';
import type { Schema } from '../../options/schema/schema.ts';
import { readLine } from '../../report/run-files.ts';
import { messageOf } from '../../terminal/failure.ts';

/** How far a file of lines has been read. `mark` identifies the bytes before it, so a file that was cut is noticed. */
export interface FileCursor {
  readonly offset: number;
  readonly mark: string;
}

export const START: FileCursor = { offset: 0, mark: '' };

/** Lines of a file from a place on. */
export interface NewLines<T> {
  readonly cursor: FileCursor; // after the lines
  readonly values: readonly T[];
  readonly isRestart: boolean; // the file was cut or replaced: these are its first lines
  readonly hasMore: boolean;
  readonly problem: string | null; // the first line that cannot be read, which is left out
}

/** Bytes that are read at once: the maximum that waits in memory for a page that reads slowly. */
const CHUNK_BYTES = 2 ** 15;

const MAX_LINE_BYTES = 2 ** 24;

/** Bytes that a mark is computed from: enough for the checksum at the end of a line. */
const MARKED_BYTES = 32;

/**
 * Reads the whole lines after `from`: up to 32 KiB, or a single longer line. Reads from the start of the file if it no
 * longer has the bytes before `from`. A link or pipe in place of the file is a problem.
 */
export function readNewLines<T>(path: string, from: FileCursor, schema: Schema<T>): NewLines<T> {
  try {
    const file = openRunFile('live', path, 'a file of lines');
    if (file === null) return { cursor: START, values: [], isRestart: from.offset > 0, hasMore: false, problem: null };
    try {
      return readFrom(file, path, from, schema);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return { cursor: from, values: [], isRestart: false, hasMore: false, problem: messageOf(error) };
  }
}

function readFrom<T>(file: number, path: string, from: FileCursor, schema: Schema<T>): NewLines<T> {
  const { size } = fstatSync(file);
  const isRestart = from.offset > 0 && markAt(file, from.offset) !== from.mark;
  const start = isRestart ? 0 : from.offset;
  let bytes: Buffer = Buffer.alloc(0);
  // Bytes without the end of a line are read again with more after them.
  for (let chunkBytes = CHUNK_BYTES; bytes.length < size - start; chunkBytes *= 4) {
    if (chunkBytes > MAX_LINE_BYTES)
      throw new Error(`live: ${path} has a line of ${chunkBytes} bytes, expected at most ${MAX_LINE_BYTES}`);
    bytes = readBytes(file, start, Math.min(chunkBytes, size - start));
    if (bytes.length < chunkBytes || bytes.includes(NEWLINE)) break;
  }
  const end = bytes.lastIndexOf(NEWLINE) + 1; // the last line may be half written
  const values: T[] = [];
  let problem: string | null = null;
  for (let lineStart = 0; lineStart < end; ) {
    const next = bytes.indexOf(NEWLINE, lineStart) + 1;
    try {
      values.push(readLine(`live: ${path}`, bytes.subarray(lineStart, next - 1), schema));
    } catch (error) {
      problem ??= messageOf(error);
    }
    lineStart = next;
  }
  const offset = start + end;
  const cursor = end === 0 && !isRestart ? from : { offset, mark: markAt(file, offset) };
  return { cursor, values, isRestart, hasMore: end > 0 && bytes.length < size - start, problem };
}

const NEWLINE = 10;

/** A mark of the bytes before `offset`. */
function markAt(file: number, offset: number): string {
  const length = Math.min(MARKED_BYTES, offset);
  const bytes = readBytes(file, offset - length, length);
  return bytes.length < length || length === 0 ? '' : createHash('sha256').update(bytes).digest('hex').slice(0, 8);
}
