import { sizeOf } from '@gradloom/core/internal';
import type { ByteSource } from '../system/files/byte-source.ts';
import type { FileFault } from '../system/files/file-fault.ts';
import { RoomError } from '../system/memory/memory-room.ts';
import type { FileRows } from './dataset.ts';
import { fileRows } from './file-rows.ts';
import type { DataArray, NumberType } from './number-types.ts';

/** Contents of a file: a row-major array of numbers of one type. */
export interface NumberFile {
  /** Number type as the file names it, such as 'unsigned byte'. */
  readonly type: string;
  /** Shape, such as [60000, 28, 28]. */
  readonly shape: readonly number[];
  /** The numbers; the last index varies fastest. */
  readonly array: DataArray;
  /** With `stream`: where the numbers are in the file. `array` is then empty. */
  readonly file?: FileRows;
}

export interface NumberHeader {
  readonly type: NumberType;
  readonly shape: readonly number[];
  readonly bytes: number; // length of the header
}

/** Bytes decoded at a time; a multiple of every type's size. */
const CHUNK_BYTES = 1 << 20;

/**
 * Reads the numbers that follow a header into shared memory. The sizes in the header are checked against the size of
 * the file before memory is allocated. @throws Error of `fault` if there are more or fewer.
 */
export async function readNumbers(source: ByteSource, header: NumberHeader, fault: FileFault): Promise<DataArray> {
  const { type, bytes } = header;
  const { length, description, totalBytes } = checkSize(source, header, fault);
  const array = allocate(type, length, description, fault);
  const bytesLeft = totalBytes - bytes - (await readInto(array, source, type));
  if (bytesLeft > 0) throw fault(`${totalBytes - bytesLeft} bytes`, `${totalBytes} (${description})`);
  if ((await source.read(new Uint8Array(1))) > 0)
    throw fault(`more than ${totalBytes} bytes`, `${totalBytes} (${description})`);
  return array;
}

/** Leaves the numbers in their file. @throws Error of `fault` for a file without random access. */
export function leaveNumbers(
  source: ByteSource,
  header: NumberHeader,
  path: string,
  format: FileRows['format'],
  fault: FileFault,
): Pick<NumberFile, 'array' | 'file'> {
  if (source.gzipped) throw fault('gzipped contents', 'a plain file to stream (unpack it first)');
  checkSize(source, header, fault);
  return { array: header.type.allocate(0), file: fileRows(path, format, header) };
}

/** Returns the sizes in a header: a plain file must have just as many bytes, a gzipped one enough for them. */
function checkSize(
  { gzipped, fileBytes, maxBytes }: ByteSource,
  { type, shape, bytes }: NumberHeader,
  fault: FileFault,
) {
  const length = sizeOf(shape);
  const description = `${shape.join(' x ')} of type ${type.name}`;
  if (length === 0) throw fault(`no numbers (${description})`, 'at least one');
  const totalBytes = bytes + length * type.bytes;
  if (gzipped ? totalBytes <= maxBytes : totalBytes === fileBytes) return { length, description, totalBytes };
  const has = gzipped ? `${fileBytes} bytes, which unpack to ${maxBytes} at most` : `${fileBytes} bytes`;
  throw fault(has, `${totalBytes} (${description})`);
}

/** Checked separately: a gzipped file may claim, and hold, a thousand times its size. */
function allocate(type: NumberType, length: number, description: string, fault: FileFault): DataArray {
  try {
    return type.allocate(length);
  } catch (error) {
    if (error instanceof RoomError) throw fault(`${description}, ${error.has}`, error.expected);
    if (error instanceof RangeError) throw fault(description, 'at most as many numbers as fit into one array');
    throw error;
  }
}

/** Overwrites `array`; returns the number of bytes read. */
async function readInto(array: DataArray, source: ByteSource, type: NumberType): Promise<number> {
  if (array instanceof Uint8Array) return source.read(array);
  const chunk = new Uint8Array(Math.min(array.length * type.bytes, CHUNK_BYTES));
  const view = new DataView(chunk.buffer);
  for (let first = 0; first < array.length; first += chunk.length / type.bytes) {
    const count = Math.min(chunk.length / type.bytes, array.length - first);
    const bytesRead = await source.read(chunk.subarray(0, count * type.bytes));
    if (bytesRead < count * type.bytes) return first * type.bytes + bytesRead;
    for (let i = 0; i < count; i++) array[first + i] = type.read(view, i * type.bytes);
  }
  return array.length * type.bytes;
}
