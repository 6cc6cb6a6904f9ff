import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { reasonOf, showPath } from '@gradloom/core/internal';
import { type FileFault, faultOf } from './file-fault.ts';
import { fileSize } from './file-system.ts';
import { systemReason } from './system-reason.ts';

/** The highest compression ratio of DEFLATE. [zlib](https://zlib.net/zlib_tech.html) */
export const MAX_DEFLATE_RATIO = 1032;

/**
 * Maximum size of a gzipped text or table when unpacked, relative to its file. Texts grow 2 to 5 times, tables of
 * numbers 3 to 30 times. Those that grow more repeat themselves, such as hundreds of one-hot columns.
 */
export const MAX_TEXT_RATIO = 256;

/** Size up to which any gzipped file may unpack, since it is harmless. */
const HARMLESS_BYTES = 1 << 20;

/** Bytes unpacked at a time. */
const CHUNK_BYTES = 1 << 18;

/** The bytes of a file in order, decompressed if it is gzipped. */
export interface ByteSource {
  readonly gzipped: boolean;
  readonly fileBytes: number;
  /** Number of bytes that `read` can return: exact for a plain file, an upper bound for a gzipped one. */
  readonly maxBytes: number;
  /** Fills `into`, except at the end of the file; returns the number of bytes. @throws Error beyond `maxBytes`. */
  read(into: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

/**
 * Opens a file. Gzip is recognized by the first bytes, not by the name. A gzipped file may unpack to `maxRatio`
 * times its size.
 * @throws Error if `path` is not a readable file.
 */
export async function openBytes(
  where: string,
  path: string,
  expected: string,
  maxRatio = MAX_DEFLATE_RATIO,
): Promise<ByteSource> {
  const fileBytes = fileSize(where, path, expected);
  const handle = await open(path).catch((error: unknown) => {
    throw new Error(`${where}: ${showPath(path)} cannot be opened: ${systemReason(error)}, expected ${expected}`, {
      cause: error,
    });
  });
  const magicBytes = new Uint8Array(2);
  try {
    await handle.read(magicBytes, 0, 2, 0);
  } catch (error) {
    await handle.close();
    throw new Error(`${where}: ${showPath(path)} cannot be read: ${systemReason(error)}, expected ${expected}`, {
      cause: error,
    });
  }
  if (magicBytes[0] === 0x1f && magicBytes[1] === 0x8b) {
    const maxBytes = Math.min(fileBytes * MAX_DEFLATE_RATIO, Math.max(HARMLESS_BYTES, fileBytes * maxRatio));
    const fault = faultOf(where, path);
    const sizeError = () =>
      fault(
        `${fileBytes} bytes that unpack to more than ${maxBytes}`,
        `at most ${maxRatio} times its size (unpack it first if you trust it)`,
      );
    const openUnpacked = () => unpackedSource(handle, maxBytes, fault, sizeError);
    // Refused before its first row: parsing takes a hundred times as long as unpacking, and more memory.
    if (maxRatio < MAX_DEFLATE_RATIO) {
      const counting = openUnpacked();
      try {
        for (const bytes = new Uint8Array(CHUNK_BYTES); (await counting.read(bytes)) === CHUNK_BYTES; );
      } catch (error) {
        await handle.close();
        throw error;
      } finally {
        counting.end();
      }
    }
    const { read, end } = openUnpacked();
    const close = (): Promise<void> => {
      end();
      return handle.close();
    };
    return { gzipped: true, fileBytes, maxBytes, read, close };
  }
  return { gzipped: false, fileBytes, maxBytes: fileBytes, ...plainSource(handle) };
}

/** The bytes of a file in memory. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  const { length } = bytes;
  let offset = 0;
  return {
    gzipped: false,
    fileBytes: length,
    maxBytes: length,
    async read(into) {
      const part = bytes.subarray(offset, offset + into.length);
      into.set(part);
      offset += part.length;
      return part.length;
    },
    close: async () => {},
  };
}

function plainSource(handle: FileHandle): Pick<ByteSource, 'read' | 'close'> {
  let position = 0;
  return {
    async read(into) {
      let count = 0;
      while (count < into.length) {
        const { bytesRead } = await handle.read(into, count, into.length - count, position);
        if (bytesRead === 0) break;
        count += bytesRead;
        position += bytesRead;
      }
      return count;
    },
    close: () => handle.close(),
  };
}

function unpackedSource(
  handle: FileHandle,
  maxBytes: number,
  fault: FileFault,
  sizeError: () => Error,
): Pick<ByteSource, 'read'> & { end(): void } {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // If either stream fails, the iteration below ends and reports it.
  pipeline(handle.createReadStream({ start: 0, autoClose: false }), gunzip, () => {});
  const chunks: AsyncIterator<Buffer> = gunzip[Symbol.asyncIterator]();
  let bytes = 0; // unpacked so far

  async function nextChunk(): Promise<Uint8Array | null> {
    const next = await chunks.next().catch((error: Error) => {
      throw fault(`damaged gzip contents (${reasonOf(error)})`, 'a whole gzip file', error);
    });
    if (next.done) return null;
    bytes += next.value.length;
    if (bytes > maxBytes) throw sizeError();
    return next.value;
  }

  return { read: readParts(nextChunk), end: () => void gunzip.destroy() };
}

/** Makes a `read` from parts of any size; `next` returns null at the end. */
export function readParts(next: () => Promise<Uint8Array | null>): ByteSource['read'] {
  let part: Uint8Array | null = new Uint8Array(0);
  return async (into) => {
    let count = 0;
    while (count < into.length && part !== null) {
      if (part.length === 0) {
        part = await next();
        continue;
      }
      const n = Math.min(part.length, into.length - count);
      into.set(part.subarray(0, n), count);
      part = part.subarray(n);
      count += n;
    }
    return count;
  };
}
