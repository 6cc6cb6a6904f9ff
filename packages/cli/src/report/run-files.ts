import { closeSync, fstatSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { show } from '@gradloom/core/internal';
import { findFile, openRunFile } from '@gradloom/runtime/internal';
import { CONFIG_FILE, EXPERIMENTS_FILE, readRunFile } from '../files/run-files/names.ts';
import { sealOf } from '../files/run-files/seal.ts';
import { readAs, type Schema } from '../options/schema/schema.ts';
import { UsageError } from '../terminal/failure.ts';

/** Maximum number of bytes of a document: parsed, it takes up to thirty times its bytes, with empty objects. */
const MAX_DOCUMENT_BYTES = 2 ** 25;

/** Maximum number of bytes of a file of lines, which are read one by one. */
const MAX_LINES_BYTES = 2 ** 29;
const MAX_LINE_BYTES = 2 ** 24;

/**
 * The value of a JSON file, read by a schema. Null if there is no such file.
 * @throws Error with its path and the place of the problem, in one sentence.
 */
export function readDocument<T>(folder: string, name: string, schema: Schema<T>): T | null {
  const path = join(folder, name);
  const bytes = readRunFile('report', path, 'the file as it was written', MAX_DOCUMENT_BYTES);
  if (bytes === null) return null;
  const where = `report: ${path}`;
  const value = parse(bytes);
  if (value === undefined) throw damagedError(where, bytes, 'the file as it was written');
  refuseWrongChecksum(where, bytes, 'the file');
  return readAs(schema, value, where);
}

/** The values of a file of JSON lines, read by a schema; a half-written last line is skipped. Empty without a file. */
export function readLines<T>(folder: string, name: string, schema: Schema<T>): T[] {
  const path = join(folder, name);
  const bytes = readRunFile('report', path, 'a file of lines', MAX_LINES_BYTES) ?? Buffer.alloc(0);
  const values: T[] = [];
  let number = 1;
  for (let start = 0; start < bytes.length; number++) {
    const newline = bytes.indexOf('\n', start);
    const end = newline === -1 ? bytes.length : newline;
    const where = `report: ${path} line ${number}`;
    if (end - start > MAX_LINE_BYTES)
      throw new Error(`${where} has ${end - start} bytes, expected at most ${MAX_LINE_BYTES}`);
    const line = bytes.subarray(start, end);
    if (newline === -1 && parse(line) === undefined) break;
    values.push(readLine(where, line, schema));
    start = end + 1;
  }
  return values;
}

/** The value of a line of such a file. @throws Error in one sentence, as `readDocument` does. */
export function readLine<T>(where: string, line: Buffer, schema: Schema<T>): T {
  const value = parse(line);
  if (value === undefined) throw damagedError(where, line, 'the line as it was written');
  refuseWrongChecksum(where, line, 'the line');
  return readAs(schema, value, where);
}

/** The first bytes of a file, one character per byte. Null if there is no such file. */
export function readStart(folder: string, name: string, maxBytes: number): string | null {
  const path = join(folder, name);
  const file = openRunFile('report', path, 'a file of an earlier report, or none');
  if (file === null) return null;
  const bytes = Buffer.alloc(Math.min(fstatSync(file).size, maxBytes));
  try {
    return bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}

/** Undefined if the bytes are not JSON in UTF-8. */
function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(UTF8.decode(bytes));
  } catch {
    return undefined;
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A changed digit is still a valid value: only the checksum reveals it. */
function refuseWrongChecksum(where: string, bytes: Buffer, subject: string): void {
  const text = UTF8.decode(bytes);
  if (sealOf(text.replace(/\n$/, '')) !== 'broken') return;
  throw new Error(`${where} has a wrong checksum, expected ${subject} as it was written (it is damaged)`);
}

/** Quotes the start of the file, which is enough to recognise it; the parser's message could quote any bytes. */
function damagedError(where: string, bytes: Buffer, expected: string): Error {
  const start = show(bytes.toString('utf8', 0, 40));
  return new Error(
    `${where} has ${bytes.length} bytes that are not JSON, expected ${expected} (it begins with ${start})`,
  );
}

/** @throws UsageError if the directory of `--out` holds a run of train or an experiment, whose page must stay. */
export function refuseOtherRun(out: string): void {
  for (const [file, run] of Object.entries({ [CONFIG_FILE]: 'train', [EXPERIMENTS_FILE]: 'experiment' })) {
    if (findFile('--out', join(out, file), 'a directory without a run') === null) continue;
    throw new UsageError(`--out has ${out}, which holds a run of ${run}, expected a directory without one`);
  }
}
