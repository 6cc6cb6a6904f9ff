import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { fileSize } from './file-size.ts';

export const HASH_BYTES = 32;

/** Bytes of one call: Node reads and hashes less than 2 GiB. */
const CHUNK = 1 << 28;

/**
 * All bytes of a file whose last 32 are the SHA-256 of those before. `checkStart` sees the first `startBytes` before memory
 * is taken for the rest. @throws Error naming the path, where it is no such file or a byte of it has changed.
 */
export function readSealed(
  where: string,
  path: string,
  startBytes: number,
  checkStart: (start: DataView, size: number) => void,
): ArrayBuffer {
  const size = fileSize(where, path, 'a Gradloom file');
  const least = startBytes + HASH_BYTES;
  if (size < least) throw new Error(`${where}: ${path} has ${size} bytes, expected ${least} or more (a Gradloom file)`);
  const file = openSync(path, 'r');
  try {
    const start = new Uint8Array(startBytes);
    readFully(file, start, 0);
    checkStart(new DataView(start.buffer), size);
    const bytes = new Uint8Array(size);
    const hash = createHash('sha256');
    const end = size - HASH_BYTES;
    for (let at = 0; at < size; at += CHUNK) {
      const chunk = bytes.subarray(at, at + CHUNK);
      readFully(file, chunk, at);
      if (at < end) hash.update(chunk.subarray(0, end - at));
    }
    if (hash.digest().equals(bytes.subarray(end))) return bytes.buffer;
    throw new Error(`${where}: ${path} has another SHA-256 than it was written with, expected a file that is whole`);
  } finally {
    closeSync(file);
  }
}

/** Fills `into` from byte `position` on; a file that shrinks meanwhile leaves zeros, which the hash then gives away. */
function readFully(file: number, into: Uint8Array, position: number): void {
  for (let filled = 0; filled < into.length; ) {
    const got = readSync(file, into, filled, into.length - filled, position + filled);
    if (got === 0) return;
    filled += got;
  }
}
