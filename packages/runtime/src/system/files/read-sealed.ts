import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { HASH_BYTES, type Sealed, showPath } from '@gradloom/core/internal';
import { mebibytes } from '../memory/memory.ts';
import { memoryRoom } from '../memory/memory-room.ts';
import { fileSize } from './file-system.ts';
import { systemReason } from './system-reason.ts';

/** Bytes of one call: Node reads and hashes less than 2 GiB. */
const CHUNK_BYTES = 1 << 28;

/** Opens a file for `read`, which checks its beginning before it allocates memory. @throws Error naming the path. */
export function readSealed<T>(where: string, path: string, read: (file: Sealed) => T): T {
  // Checked before opening, since opening a pipe could wait forever.
  fileSize(where, path, 'a Gradloom file');
  const file = open(where, path);
  try {
    // Size of the opened file: a run may have replaced the file of this name since.
    const { size } = fstatSync(file);
    return read({
      size,
      peek(position, length) {
        const bytes = new Uint8Array(length);
        readFully(file, bytes, position);
        return bytes;
      },
      readAll() {
        refuseLarge(where, path, size);
        const bytes = new Uint8Array(size);
        const hash = createHash('sha256');
        const end = size - HASH_BYTES;
        for (let offset = 0; offset < size; offset += CHUNK_BYTES) {
          const chunk = bytes.subarray(offset, offset + CHUNK_BYTES);
          readFully(file, chunk, offset);
          if (offset < end) hash.update(chunk.subarray(0, end - offset));
        }
        if (hash.digest().equals(bytes.subarray(end))) return bytes.buffer;
        throw new Error(
          `${where}: ${showPath(path)} has a wrong checksum, expected the file as it was written (it is damaged)`,
        );
      },
    });
  } finally {
    closeSync(file);
  }
}

/** Refuses files larger than memory: a sparse file may have a large size and take no room on disk. */
function refuseLarge(where: string, path: string, size: number): void {
  const room = memoryRoom();
  if (size <= room.bytes) return;
  throw new Error(
    `${where}: ${showPath(path)} has ${mebibytes(size)}, expected at most ${mebibytes(room.bytes)} (${room.bound})`,
  );
}

function open(where: string, path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new Error(
      `${where}: ${showPath(path)} cannot be opened: ${systemReason(error)}, expected a file that can be read`,
      { cause: error },
    );
  }
}

/** Fills `into` from byte `position`. If the file shrinks meanwhile, zeros remain, which the hash detects. */
function readFully(file: number, into: Uint8Array, position: number): void {
  for (let filledBytes = 0; filledBytes < into.length; ) {
    const bytes = readSync(file, into, filledBytes, into.length - filledBytes, position + filledBytes);
    if (bytes === 0) return;
    filledBytes += bytes;
  }
}
