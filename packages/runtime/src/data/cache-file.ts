import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { showPath } from '@gradloom/core/internal';
import { systemReason } from '../system/files/system-reason.ts';

/** A cache file that is being written. */
export interface CacheFile {
  /** Appends the bytes of `numbers`; returns the offset of the first. @throws CacheError if the disk is full. */
  append(numbers: ArrayBufferView): number;
  /** Writes the bytes of `numbers` from byte `start` on. @throws CacheError if the disk is full. */
  write(numbers: ArrayBufferView, start: number): void;
  /** Fills `numbers` from byte `start`. */
  read(numbers: ArrayBufferView, start: number): void;
  /** Flushes everything to disk. */
  sync(): void;
  close(): void;
}

/** A cache cannot be written, for example because the disk is full. The message is the reason. */
export class CacheError extends Error {}

/** Runs code that writes to a cache. @throws CacheError if the system reports an error. */
export function wrapWriteErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new CacheError(systemReason(error), { cause: error });
  }
}

/** Creates a file at `path`. @throws CacheError if that fails. */
export function createCacheFile(path: string): CacheFile {
  const descriptor = wrapWriteErrors(() => openSync(path, 'wx+'));
  let end = 0;
  const write: CacheFile['write'] = (numbers, start) => {
    const bytes = bytesOf(numbers);
    wrapWriteErrors(() => {
      for (let offset = 0; offset < bytes.length; )
        offset += writeSync(descriptor, bytes, offset, bytes.length - offset, start + offset);
    });
    end = Math.max(end, start + bytes.length);
  };
  return {
    write,
    append(numbers) {
      const start = end;
      write(numbers, start);
      return start;
    },
    read: (numbers, start) => readFully(path, descriptor, numbers, start),
    sync: () => wrapWriteErrors(() => fsyncSync(descriptor)),
    close: () => closeSync(descriptor),
  };
}

/** Opens a file for reading. @throws Error naming the path. */
export function openToRead(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new Error(`${showPath(path)} cannot be opened: ${systemReason(error)}`, { cause: error });
  }
}

/** Fills `numbers` from byte `start` of the file. @throws Error naming the path if it is too short. */
export function readPart(path: string, numbers: ArrayBufferView, start: number): void {
  const descriptor = openToRead(path);
  try {
    readFully(path, descriptor, numbers, start);
  } finally {
    closeSync(descriptor);
  }
}

/** Maximum number of bytes of one call: Node reads at most 2 GiB. */
const MAX_READ_BYTES = 1 << 28;

function readFully(path: string, descriptor: number, numbers: ArrayBufferView, start: number): void {
  const bytes = bytesOf(numbers);
  for (let offset = 0; offset < bytes.length; ) {
    const read = readSync(descriptor, bytes, offset, Math.min(MAX_READ_BYTES, bytes.length - offset), start + offset);
    if (read === 0)
      throw new Error(`${showPath(path)} has no byte at ${start + offset}, expected one (a cache must not change)`);
    offset += read;
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
