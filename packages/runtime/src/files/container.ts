import { createHash } from 'node:crypto';
import { complete, show } from '@gradloom/core/internal';
import { updateHash } from './hash.ts';
import { packHeader, unpackHeader } from './header.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { littleEndianBytes, littleEndianNumbers } from './little-endian.ts';
import { HASH_BYTES, readSealed, type SealedFile } from './read-sealed.ts';
import { writeAtomically } from './write-atomically.ts';

/** A file of named arrays: a JSON description, and the numbers. */
export interface Container {
  readonly kind: string;
  readonly content: JsonObject;
  readonly sections: ReadonlyMap<string, Float64Array>;
  readonly bytes: number; // of the file
  readonly format: number; // version of the format
}

// Not text, and with both line endings: a program that treats the file as text damages these bytes first, as in PNG.
const MAGIC = [0x89, 0x47, 0x4c, 0x4d, 0x0d, 0x0a, 0x1a, 0x0a];
const VERSION = 1;
const PREFIX_BYTES = 16;
// 1 MiB: MessagePack can encode one object per byte, and the worst header takes a quarter of a second.
const MOST_HEADER_BYTES = 1 << 20;

/**
 * Writes magic (8 bytes), version and length of the header (uint32 each, little-endian like everything), the header in
 * MessagePack, zeros up to a multiple of 8, the sections one after the other, and the SHA-256 of all this.
 * @throws Error naming the path; an older file of this name then stands as it was.
 */
export function writeContainer(
  where: string,
  path: string,
  kind: string,
  content: object, // JSON
  sections: Container['sections'],
  others: readonly string[] = [], // more names for the same file
): void {
  const list = [...sections].map(([name, { length }]) => ({ name, dtype: 'float64', length }));
  const header = packHeader({ kind, content, sections: list });
  if (header.length > MOST_HEADER_BYTES) {
    throw new Error(`${where}: header has ${header.length} bytes, expected at most ${MOST_HEADER_BYTES}`);
  }
  const start = new Uint8Array(sectionsStart(header.length));
  start.set(MAGIC);
  const view = new DataView(start.buffer);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, header.length, true);
  start.set(header, PREFIX_BYTES);
  writeAtomically(where, path, sealed([start, ...[...sections.values()].map(littleEndianBytes)]), others);
}

/**
 * Reads a file of `writeContainer`. The header and the lengths in it are checked before memory is taken for the
 * sections.
 * @throws Error naming the path and the problem if any byte is changed, missing or added, or the file is of none of the
 * `kinds`.
 */
export function readContainer(where: string, path: string, kinds: readonly string[]): Container {
  return readSealed(where, path, (file) => {
    const { kind, content, sections: list, start } = openContainer(where, path, kinds, file);
    const buffer = file.readAll();
    const sections = new Map<string, Float64Array>();
    let offset = start;
    for (const { name, length } of list) {
      sections.set(name, littleEndianNumbers(buffer, offset, length));
      offset += length * 8;
    }
    return { kind, content, sections, bytes: file.size, format: VERSION };
  });
}

/** The content of a file of `writeContainer`, without checking its numbers or its hash. */
export const peekContainer = (where: string, path: string, kinds: readonly string[]): JsonObject =>
  readSealed(where, path, (file) => openContainer(where, path, kinds, file).content);

/** The header, which is checked, and where the sections start. */
function openContainer(
  where: string,
  path: string,
  kinds: readonly string[],
  file: SealedFile,
): Header & { readonly start: number } {
  const fault: Fault = (has, expected) => new Error(`${where}: ${path} has ${has}, expected ${expected}`);
  const prefix = file.peek(0, PREFIX_BYTES);
  if (MAGIC.some((byte, i) => prefix[i] !== byte)) throw notOurs(`${where}: ${path}`, prefix.subarray(0, file.size));
  const headerBytes = checkPrefix(prefix, file.size, fault);
  const header = readHeader(file.peek(PREFIX_BYTES, headerBytes), fault);
  if (!kinds.includes(header.kind)) throw fault(`the kind ${show(header.kind)}`, kinds.join(' or '));
  const start = sectionsStart(headerBytes);
  checkLengths(header.sections, start, file.size, fault);
  return { ...header, start };
}

type Fault = (has: string, expected: string) => Error;

function notOurs(subject: string, start: Uint8Array): Error {
  const text = Buffer.from(start).toString('latin1');
  const isText = /^[\x20-\x7e\s]*$/.test(text);
  const begins = isText ? show(text) : `the bytes ${Buffer.from(start.subarray(0, MAGIC.length)).toString('hex')}`;
  const found = start.length === 0 ? 'it is empty' : `it begins with ${begins}`;
  return new Error(`${subject} is not a Gradloom file, expected a model or a checkpoint (${found})`);
}

/** How many bytes the header has. */
function checkPrefix({ buffer }: Uint8Array<ArrayBuffer>, size: number, fault: Fault): number {
  const start = new DataView(buffer);
  const least = PREFIX_BYTES + HASH_BYTES;
  if (size < least) throw fault(`${size} bytes`, `${least} or more (it was cut off)`);
  const version = start.getUint32(8, true);
  if (version !== VERSION) throw fault(`format version ${version}`, `${VERSION} (a newer Gradloom may read it)`);
  const headerBytes = start.getUint32(12, true);
  const most = Math.min(MOST_HEADER_BYTES, size - PREFIX_BYTES - HASH_BYTES);
  if (headerBytes > most) throw fault(`a header of ${headerBytes} bytes`, `at most ${most}`);
  return headerBytes;
}

interface Section {
  readonly name: string;
  readonly length: number; // of doubles
}

/** The sections fill the file to its hash. */
function checkLengths(sections: readonly Section[], start: number, size: number, fault: Fault): void {
  const end = size - HASH_BYTES;
  const names = new Set<string>();
  let offset = start;
  for (const { name, length } of sections) {
    if (names.has(name)) throw fault(`two sections ${name}`, 'one of each name');
    names.add(name);
    if (length > (end - offset) / 8) throw fault(`${end - offset} bytes for section ${name}`, `${length * 8}`);
    offset += length * 8;
  }
  if (offset !== end) throw fault(`${size} bytes`, `${offset + HASH_BYTES} (the sections of its header)`);
}

interface Header {
  readonly kind: string;
  readonly content: JsonObject;
  readonly sections: readonly Section[];
}

function readHeader(bytes: Uint8Array, fault: Fault): Header {
  const header = unpack(bytes, fault);
  if (isJsonObject(header) && isJsonObject(header.content) && Array.isArray(header.sections)) {
    const { kind, content, sections } = header;
    if (typeof kind === 'string') return { kind, content, sections: sections.map((entry) => section(entry, fault)) };
  }
  throw fault(`the header ${show(header)}`, '{ kind, content: {}, sections: [] }');
}

function unpack(bytes: Uint8Array, fault: Fault): Json {
  try {
    return unpackHeader(bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw fault(`a header that cannot be read (${reason})`, 'JSON in MessagePack');
  }
}

function section(entry: Json, fault: Fault): Section {
  if (isJsonObject(entry) && typeof entry.name === 'string' && entry.dtype === 'float64') {
    const { name, length } = entry;
    if (typeof length === 'number' && Number.isSafeInteger(length) && length >= 0) return { name, length };
  }
  throw fault(`the section ${show(entry)}`, "{ name, dtype: 'float64', length }");
}

/** The first multiple of 8 behind the header: there the sections can be read in place. */
const sectionsStart = (headerBytes: number): number => Math.ceil((PREFIX_BYTES + headerBytes) / 8) * 8;

/** The parts, and the SHA-256 of all of them. */
function* sealed(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  const hash = createHash('sha256');
  for (const part of parts) {
    complete(updateHash(hash, part));
    yield part;
  }
  yield hash.digest();
}
