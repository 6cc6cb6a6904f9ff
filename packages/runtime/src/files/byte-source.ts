import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { fileSize } from './file-size.ts';

/** DEFLATE cannot pack more bytes into one. [zlib](https://zlib.net/zlib_tech.html) */
const MOST_UNPACKED = 1032;

/** The bytes of a file in order, unpacked where it is gzipped. */
export interface ByteSource {
  readonly gzipped: boolean;
  readonly fileBytes: number;
  /** The bytes that `read` can give: all of them where the file is plain, an upper bound where it is gzipped. */
  readonly mostBytes: number;
  /** Fills `into` as far as the bytes go; returns how many were left to take. */
  read(into: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

/** Tells gzip by its first bytes, not by the name. @throws Error where `path` is no file that can be read. */
export async function openBytes(where: string, path: string, wanted: string): Promise<ByteSource> {
  const fileBytes = fileSize(where, path, wanted);
  const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${where}: ${path} cannot be opened (${error.code}), expected ${wanted}`, { cause: error });
  });
  const magic = new Uint8Array(2);
  try {
    await handle.read(magic, 0, 2, 0);
  } catch (error) {
    await handle.close();
    throw new Error(`${where}: ${path} cannot be read (${error}), expected ${wanted}`, { cause: error });
  }
  if (magic[0] === 0x1f && magic[1] === 0x8b) {
    const mostBytes = fileBytes * MOST_UNPACKED;
    return { gzipped: true, fileBytes, mostBytes, ...unpacked(handle, (reason) => `${where}: ${path} ${reason}`) };
  }
  return { gzipped: false, fileBytes, mostBytes: fileBytes, ...plain(handle) };
}

type Reader = Pick<ByteSource, 'read' | 'close'>;

function plain(handle: FileHandle): Reader {
  let position = 0;
  return {
    async read(into) {
      let filled = 0;
      while (filled < into.length) {
        const { bytesRead } = await handle.read(into, filled, into.length - filled, position);
        if (bytesRead === 0) break;
        filled += bytesRead;
        position += bytesRead;
      }
      return filled;
    },
    close: () => handle.close(),
  };
}

function unpacked(handle: FileHandle, sentence: (reason: string) => string): Reader {
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  // A failure of either stream ends the iteration below, which reports it.
  pipeline(handle.createReadStream({ start: 0, autoClose: false }), gunzip, () => {});
  const chunks: AsyncIterator<Buffer> = gunzip[Symbol.asyncIterator]();
  let chunk: Uint8Array = new Uint8Array(0);

  async function nextChunk(): Promise<boolean> {
    const next = await chunks.next().catch((error: Error) => {
      throw new Error(sentence(`has damaged gzip contents (${error.message}), expected a whole gzip file`), {
        cause: error,
      });
    });
    if (!next.done) chunk = next.value;
    return !next.done;
  }

  return {
    async read(into) {
      let filled = 0;
      while (filled < into.length) {
        if (chunk.length === 0 && !(await nextChunk())) break;
        const n = Math.min(chunk.length, into.length - filled);
        into.set(chunk.subarray(0, n), filled);
        chunk = chunk.subarray(n);
        filled += n;
      }
      return filled;
    },
    async close() {
      gunzip.destroy();
      await handle.close();
    },
  };
}
