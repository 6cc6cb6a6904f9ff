import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { counted, listed, reasonOf, show, showPath } from '@gradloom/core/internal';
import { type Entry, openPromise } from 'yauzl';
import { type ByteSource, MAX_DEFLATE_RATIO, readParts } from './byte-source.ts';
import { fileSize } from './file-system.ts';

export interface ZipArchive {
  readonly names: readonly string[]; // names in the order of the archive
  /** The decompressed bytes of a file, to be read once, in order. @throws Error if they are damaged. */
  open(name: string): Promise<ByteSource>;
  close(): void;
}

/** An archive that is refused, in a sentence that names it. */
class ZipError extends Error {}

/** Size of the header before a file; the file's name follows. */
const LOCAL_HEADER_BYTES = 30;

/**
 * Opens a zip archive. Sizes in its directory are checked against the size of the file; the checksum of each entry is
 * compared after reading it. @throws Error naming the file and what is wrong with it.
 */
export async function openZip(where: string, path: string, expected: string): Promise<ZipArchive> {
  const fileBytes = fileSize(where, path, expected);
  const fault = (has: string, remedy = expected, cause?: unknown) =>
    new ZipError(`${where}: ${showPath(path)} has ${has}, expected ${remedy}`, { cause });
  const damageError = (error: unknown) => fault(`damaged zip contents (${sentenceOf(error)})`, expected, error);
  const archive = await openPromise(path, { autoClose: false }).catch((error: unknown) => {
    throw damageError(error);
  });
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of archive.eachEntry()) {
      if (entries.has(entry.fileName)) throw fault(`${show(entry.fileName)} twice`, 'each name once');
      refuseSizes(entry);
      if (!entry.fileName.endsWith('/')) entries.set(entry.fileName, entry);
    }
    refuseOverlaps([...entries.values()]);
  } catch (error) {
    archive.close();
    throw error instanceof ZipError ? error : damageError(error);
  }
  return { names: [...entries.keys()], open, close: () => archive.close() };

  function refuseSizes({ fileName, compressedSize, uncompressedSize }: Entry): void {
    if (compressedSize <= fileBytes && uncompressedSize <= (compressedSize + 1) * MAX_DEFLATE_RATIO) return;
    const has = `${show(fileName)} of ${counted(compressedSize, 'byte')} that unpack to ${uncompressedSize}`;
    throw fault(has, `no more than fit into a file of ${fileBytes}`);
  }

  /** Refuses entries that share bytes: they would unpack to more than the archive could otherwise hold. */
  function refuseOverlaps(files: readonly Entry[]): void {
    let end = 0;
    for (const file of [...files].sort((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader)) {
      const from = file.relativeOffsetOfLocalHeader;
      if (from < end)
        throw fault(`${show(file.fileName)} at byte ${from}, inside of another file`, `it from ${end} on`);
      end = from + LOCAL_HEADER_BYTES + file.compressedSize;
    }
  }

  async function open(name: string): Promise<ByteSource> {
    const entry = entries.get(name);
    if (entry === undefined) throw fault(`no ${show(name)}`, listed([...entries.keys()]));
    if (entry.isEncrypted()) throw fault(`${show(name)} encrypted`, 'an archive without a password');
    if (!entry.canDecodeFileData()) {
      throw fault(`${show(name)} packed by method ${entry.compressionMethod}`, 'method 0 (stored) or 8 (deflated)');
    }
    const stream: Readable = await archive.openReadStreamPromise(entry).catch((error: unknown) => {
      throw damageError(error);
    });
    const parts: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]();
    let checksum = 0;
    const next = async (): Promise<Uint8Array | null> => {
      const part = await parts.next().catch((error: unknown) => {
        throw fault(`${show(name)} damaged (${sentenceOf(error)})`, expected, error);
      });
      if (!part.done) {
        checksum = crc32(part.value, checksum);
        return part.value;
      }
      if (checksum !== entry.crc32) throw fault(`${show(name)} with a wrong checksum`, 'the bytes that were packed');
      return null;
    };
    return {
      gzipped: false,
      fileBytes: entry.uncompressedSize,
      maxBytes: entry.uncompressedSize,
      read: readParts(next),
      close: async () => void stream.destroy(),
    };
  }
}

/** A message without its final dot, as part of a sentence. */
const sentenceOf = (error: unknown): string => reasonOf(error).replace(/\.$/, '');
