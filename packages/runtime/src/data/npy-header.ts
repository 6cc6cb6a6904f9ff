import { show } from '@gradloom/core/internal';
import type { ByteSource } from '../system/files/byte-source.ts';
import type { FileFault } from '../system/files/file-fault.ts';
import type { NumberHeader } from './number-file.ts';
import { npyType, npyTypes } from './number-types.ts';

export interface NpyHeader extends NumberHeader {
  readonly isColumnMajor: boolean; // Fortran order: the first index varies fastest
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY

/** NumPy refuses longer headers by default; those of plain numbers have about 120 bytes. */
const MAX_BYTES = 10_000;

/**
 * Reads the header of an npy file: magic, version, length, and a Python dictionary, which is parsed and never
 * evaluated. [NEP 1](https://numpy.org/neps/nep-0001-npy-format.html) @throws Error of `fault`.
 */
export async function readNpyHeader(source: ByteSource, fault: FileFault): Promise<NpyHeader> {
  const start = new Uint8Array(8);
  const bytesRead = await source.read(start);
  if (bytesRead < 8) throw fault(`${source.fileBytes} bytes`, 'an npy file of 10 or more');
  if (MAGIC.some((byte, i) => start[i] !== byte)) {
    const first = Buffer.from(start).toString('hex', 0, MAGIC.length);
    throw fault(`the first bytes ${first}`, `an npy file, which begins with ${Buffer.from(MAGIC).toString('hex')}`);
  }
  const [major, minor] = start.subarray(6);
  if (minor !== 0 || major < 1 || major > 3) throw fault(`format version ${major}.${minor}`, '1.0, 2.0 or 3.0');
  const lengthBytes = major === 1 ? 2 : 4;
  const length = new DataView(new ArrayBuffer(4));
  await readHeaderPart(source, new Uint8Array(length.buffer, 0, lengthBytes), fault);
  const bytes = length.getUint32(0, true);
  if (bytes > MAX_BYTES) throw fault(`a header of ${bytes} bytes`, `at most ${MAX_BYTES}`);
  const text = new Uint8Array(bytes);
  await readHeaderPart(source, text, fault);
  const header = parseDictionary(Buffer.from(text).toString('latin1'), fault);
  return { ...header, bytes: start.length + lengthBytes + bytes };
}

/** A header of version 1.0 as numpy.save writes it, padded with spaces: numbers begin at a multiple of 64 bytes. */
export function npyHeader(
  description: string, // number type, such as '<f8'
  shape: readonly number[],
): Buffer {
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '${description}', 'fortran_order': False, 'shape': (${extents}), }`;
  const bytes = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const header = Buffer.alloc(bytes, ' ');
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(bytes - 10, 8);
  header.write(dictionary, 10, 'latin1');
  header.write('\n', bytes - 1, 'latin1');
  return header;
}

async function readHeaderPart(source: ByteSource, into: Uint8Array, fault: FileFault): Promise<void> {
  if ((await source.read(into)) < into.length) throw fault('a header that is cut off', 'a whole npy file');
}

const ENTRY =
  /\s*(['"])(descr|fortran_order|shape)\1\s*:\s*('[^'\\]*'|"[^"\\]*"|True|False|\([\d\s,]*\))\s*(,|(?=\}))/y;

/**
 * Parses { 'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), } with keys in any order. A list or tuple as
 * 'descr' would describe records, which are not supported.
 */
function parseDictionary(text: string, fault: FileFault): Omit<NpyHeader, 'bytes'> {
  const entries = new Map<string, string>();
  let end = text.startsWith('{') ? 1 : text.length;
  for (ENTRY.lastIndex = end; ; end = ENTRY.lastIndex) {
    const entry = ENTRY.exec(text);
    if (entry === null) break;
    if (entries.has(entry[2])) throw fault(`${entry[2]} twice in its header`, 'it once');
    entries.set(entry[2], entry[3]);
  }
  const { descr = '', fortran_order: order = '', shape = '' } = Object.fromEntries(entries);
  const isAtEnd = /^\s*\}\s*$/.test(text.slice(end));
  if (!isAtEnd || !/^['"]/.test(descr) || !/^[TF]/.test(order) || !shape.startsWith('(')) {
    const expected = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4)} or the like";
    throw fault(`the header ${show(text.trim())}`, expected);
  }
  const description = descr.slice(1, -1);
  const type = npyType(description);
  if (type === undefined) {
    const kind = description.includes('O') ? 'Python objects, which are never loaded' : 'not a supported number type';
    throw fault(`the type ${show(description)} (${kind})`, `one of ${npyTypes} after <, > or |`);
  }
  const extents = /^\(\s*(?:\d+\s*,\s*)*(?:\d+\s*)?\)$/.exec(shape)?.[0].match(/\d+/g)?.map(Number) ?? [];
  if (extents.length === 0) throw fault(`the shape ${show(shape)}`, 'at least one dimension');
  return { type, shape: extents, isColumnMajor: order === 'True' };
}
