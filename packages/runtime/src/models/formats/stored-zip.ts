import { crc32 } from 'node:zlib';
import { littleEndianBytes } from '../../system/files/little-endian.ts';

/** A file in an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly parts: readonly Uint8Array[];
}

/** 1980-01-01, the earliest date of the format, so that equal models give equal files. */
const DATE = 0x21;
/** 2.0, the version of the format that a reader needs. */
const VERSION = 20;
const UTF_8 = 0x800; // flag of names
const MAX_BYTES = 0xffff_ffff;
const MAX_ENTRIES = 0xffff;

/**
 * An archive of uncompressed files, since weights hardly compress: a local header before each file, and the directory
 * at the end. [APPNOTE](https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT)
 * @throws Error from 4 GiB or 65,535 files, which would need the 64-bit extension of the format.
 */
export function* storedZip(entries: Iterable<ZipEntry>): Generator<Uint8Array> {
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, parts } of entries) {
    const text = Buffer.from(name);
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    if (offset + size > MAX_BYTES || directory.length === MAX_ENTRIES) {
      throw new Error('an npz file of 4 GiB or 65,535 arrays is too large, expected safetensors for such a model');
    }
    const checksum = parts.reduce((sum, part) => crc32(part, sum), 0);
    // Each header begins with a signature. Then version, flags, method, time, date; checksum, sizes; lengths.
    const fields = [u16(VERSION, UTF_8, 0, 0, DATE), u32(checksum, size, size), u16(text.length, 0)];
    yield Buffer.concat([u32(0x04034b50), ...fields, text]);
    yield* parts;
    // After the fields: length of a comment, first disk, attributes.
    const header = [u32(0x02014b50), u16(VERSION), ...fields, u16(0, 0, 0), u32(0, offset), text];
    directory.push(Buffer.concat(header));
    offset += 30 + text.length + size; // 30: bytes of a local header before the name
  }
  if (offset > MAX_BYTES) throw new Error('an npz file has 4 GiB or more, expected less');
  const bytes = directory.reduce((sum, entry) => sum + entry.length, 0);
  yield* directory;
  const { length } = directory;
  // The end: two disk numbers, twice the number of entries; bytes and offset of the directory; length of a comment.
  yield Buffer.concat([u32(0x06054b50), u16(0, 0, length, length), u32(bytes, offset), u16(0)]);
}

const u16 = (...values: readonly number[]): Uint8Array => littleEndianBytes(Uint16Array.from(values));
const u32 = (...values: readonly number[]): Uint8Array => littleEndianBytes(Uint32Array.from(values));
