import { type ByteSource, openBytes } from '../files/byte-source.ts';
import type { DataArray } from './dataset.ts';
import { type IdxType, idxTypes } from './idx-types.ts';

/** What an IDX file holds: numbers of one type in an array of one or more dimensions, row-major. */
export interface IdxFile {
  readonly type: string; // 'unsigned byte', 'float'
  readonly shape: readonly number[];
  readonly array: DataArray;
}

interface Header {
  readonly type: IdxType;
  readonly shape: readonly number[];
  readonly bytes: number;
}

type Fault = (has: string, expected: string) => Error;

/** Bytes that are decoded at a time; a multiple of every type's size. */
const CHUNK = 1 << 20;

/**
 * Reads an IDX file, plain or gzipped, into shared memory. The sizes in its header are held against the size of the file
 * before memory is taken for them. @throws Error naming the file, what it has and what it should have.
 */
export async function readIdx(path: string): Promise<IdxFile> {
  const source = await openBytes('readIdx', path, 'an IDX file');
  const fault: Fault = (has, expected) => new Error(`readIdx: ${path} has ${has}, expected ${expected}`);
  try {
    const { type, shape, bytes } = await readHeader(source, fault);
    const length = shape.reduce((product, extent) => product * extent, 1);
    const contents = `${shape.join(' x ')} of type ${type.name}`;
    if (length === 0) throw fault(`no numbers (${contents})`, 'at least one');
    const total = bytes + length * type.bytes;
    checkSize(source, total, contents, fault);
    const array = allocate(type, length, contents, fault);
    const left = total - bytes - (await readNumbers(source, type, array));
    if (left > 0) throw fault(`${total - left} bytes`, `${total} (${contents})`);
    if ((await source.read(new Uint8Array(1))) > 0) throw fault(`more than ${total} bytes`, `${total} (${contents})`);
    return { type: type.name, shape, array };
  } finally {
    await source.close();
  }
}

async function readHeader(source: ByteSource, fault: Fault): Promise<Header> {
  const magic = new Uint8Array(4);
  if ((await source.read(magic)) < 4) throw fault(`${source.fileBytes} bytes`, 'an IDX file of 9 or more');
  const [zero, alsoZero, code, dimensions] = magic;
  const type = idxTypes.get(code);
  if (zero !== 0 || alsoZero !== 0 || type === undefined || dimensions === 0) {
    const codes = [...idxTypes.keys()].map(hex).join(', ');
    throw fault(
      `the first bytes ${[...magic].map(hex).join(' ')}`,
      `those of an IDX file: 00 00, a type (${codes}) and a number of dimensions`,
    );
  }
  const extents = new DataView(new ArrayBuffer(4 * dimensions));
  const got = await source.read(new Uint8Array(extents.buffer));
  if (got < extents.byteLength) {
    throw fault(`a header of ${4 + got} bytes`, `${4 + extents.byteLength} (${dimensions} dimensions)`);
  }
  const shape = Array.from({ length: dimensions }, (_, axis) => extents.getUint32(4 * axis));
  return { type, shape, bytes: 4 + extents.byteLength };
}

/** Plain, the file has exactly the bytes that its header says; gzipped, they must at least fit into it. */
function checkSize({ gzipped, fileBytes, mostBytes }: ByteSource, total: number, contents: string, fault: Fault): void {
  if (gzipped ? total <= mostBytes : total === fileBytes) return;
  const has = gzipped ? `${fileBytes} bytes, which unpack to ${mostBytes} at most` : `${fileBytes} bytes`;
  throw fault(has, `${total} (${contents})`);
}

/** A gzipped file may claim, and hold, a thousand times its size. */
function allocate(type: IdxType, length: number, contents: string, fault: Fault): DataArray {
  try {
    return type.allocate(length);
  } catch (error) {
    if (error instanceof RangeError) throw fault(contents, 'no more numbers than fit into memory');
    throw error;
  }
}

/** Fills `array`; returns the bytes that were there to read. */
async function readNumbers(source: ByteSource, type: IdxType, array: DataArray): Promise<number> {
  if (array instanceof Uint8Array) return source.read(array);
  const chunk = new Uint8Array(Math.min(array.length * type.bytes, CHUNK));
  const view = new DataView(chunk.buffer);
  for (let first = 0; first < array.length; first += chunk.length / type.bytes) {
    const count = Math.min(chunk.length / type.bytes, array.length - first);
    const got = await source.read(chunk.subarray(0, count * type.bytes));
    if (got < count * type.bytes) return first * type.bytes + got;
    for (let i = 0; i < count; i++) array[first + i] = type.read(view, i * type.bytes);
  }
  return array.length * type.bytes;
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
