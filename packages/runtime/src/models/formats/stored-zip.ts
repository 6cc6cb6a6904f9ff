import { crc32 } from 'node:zlib';

/** A file in an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly parts: readonly Uint8Array[];
}

/** 1980-01-01, the earliest date of the format, so that equal models give equal files. */
const DATE = 0x21;
const UTF_8 = 0x800;
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
    const fields = fieldsOf(
      size,
      parts.reduce((sum, part) => crc32(part, sum), 0),
      text.length,
    );
    yield Buffer.concat([signature(0x04034b50), fields, text]);
    yield* parts;
    directory.push(directoryEntry(fields, text, offset));
    offset += 30 + text.length + size;
  }
  const bytes = directory.reduce((sum, entry) => sum + entry.length, 0);
  yield* directory;
  yield endOf(directory.length, bytes, offset);
}

const signature = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** Common fields of a local header and the directory: version, flags, method, time, checksum, sizes and lengths. */
function fieldsOf(size: number, checksum: number, nameLength: number): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0); // version 2.0 is needed to read it
  fields.writeUInt16LE(UTF_8, 2);
  fields.writeUInt16LE(DATE, 8);
  fields.writeUInt32LE(checksum, 10);
  fields.writeUInt32LE(size, 14);
  fields.writeUInt32LE(size, 18);
  fields.writeUInt16LE(nameLength, 22);
  return fields;
}

function directoryEntry(fields: Buffer, name: Buffer, offset: number): Buffer {
  const version = Buffer.from([20, 0]); // version that wrote it
  const rest = Buffer.alloc(14); // no comment, first disk, no attributes
  rest.writeUInt32LE(offset, 10);
  return Buffer.concat([signature(0x02014b50), version, fields, rest, name]);
}

function endOf(count: number, bytes: number, offset: number): Buffer {
  if (offset > MAX_BYTES) throw new Error('an npz file has 4 GiB or more, expected less');
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(bytes, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}
