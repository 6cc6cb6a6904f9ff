import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { systemReason } from '@gradloom/runtime/internal';
import { UsageError } from '../terminal/failure.ts';

const INHERITED_PIPE = /^\/dev\/(stdin|fd\/\d+)$|^\/proc\/self\/fd\/\d+$/;

/** Whether a path is a pipe that this process was started with: opening it never waits, reading it may. */
export const isInheritedPipe = (path: unknown): boolean => typeof path === 'string' && INHERITED_PIPE.test(path);

/**
 * The text of the file that the flag `name` gives, or of a pipe such as /dev/stdin.
 * @throws UsageError if it is not text or has more than `maxBytes`, Error if it cannot be read.
 */
export function readText(name: string, path: string, maxBytes: number): string {
  const bytes = readBounded(name, path, maxBytes);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Refused below, like a NUL, which is valid UTF-8 but not text.
  }
  throw new UsageError(`${name} ${path} is not text, expected JSON or YAML in UTF-8`);
}

function readBounded(name: string, path: string, maxBytes: number): Uint8Array {
  let file: number | undefined;
  try {
    // Opening a FIFO without a writer would wait.
    if (!isInheritedPipe(path) && !statSync(path).isFile()) {
      const isFolder = statSync(path).isDirectory();
      throw new Error(isFolder ? 'it is a directory' : 'it is not a regular file (use /dev/stdin for a pipe)');
    }
    file = openSync(path, 'r');
    // With big integers: after an fstat of a pipe without them, Node 20 no longer resolves links of packages.
    if (fstatSync(file, { bigint: true }).size <= maxBytes) {
      const bytes = new Uint8Array(maxBytes + 1);
      const filledBytes = fill(file, bytes);
      if (filledBytes <= maxBytes) return bytes.subarray(0, filledBytes);
    }
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const problem = isMissing ? 'does not exist' : `cannot be read: ${systemReason(error)}`;
    throw new Error(`${name} ${path} ${problem}, expected a file`, { cause: error });
  } finally {
    if (file !== undefined) closeSync(file);
  }
  throw new UsageError(`${name} ${path} has more than ${maxBytes} bytes, expected fewer`);
}

/** Reads until the bytes are full or the file ends; returns how many there were. */
function fill(file: number, bytes: Uint8Array): number {
  for (let filledBytes = 0; ; ) {
    const count = readSync(file, bytes, filledBytes, bytes.length - filledBytes, null);
    filledBytes += count;
    if (count === 0 || filledBytes === bytes.length) return filledBytes;
  }
}
