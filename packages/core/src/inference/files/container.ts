// @ts-expect-error: the build that never generates functions has no types of its own.
import msgpackr from 'msgpackr/index-no-eval';
import { reasonOf, show, showName } from '../../checks/show.ts';
import { bytesOfElements, type Elements, type ElementType, elementTypes, typeOf } from '../../math/element-type.ts';
import { withFlatten } from '../../network/with-flatten.ts';
import { isJsonObject, type Json, type JsonObject, plainJson } from './json.ts';
import { littleEndianNumbers } from './little-endian.ts';
import { hexadecimal } from './sha256.ts';

/** A file of named arrays: a JSON description, and the numbers. */
export interface Container {
  readonly kind: string;
  readonly content: JsonObject;
  readonly sections: ReadonlyMap<string, Elements>;
  readonly bytes: number; // of the file
  readonly format: number; // version of the format
}

/** A file, read in parts. Its last 32 bytes are the SHA-256 of all before. */
export interface Sealed {
  readonly size: number;
  /** The `length` bytes from `position` on, not yet verified; zeros after the end. */
  peek(position: number, length: number): Uint8Array<ArrayBuffer>;
  /** All bytes. @throws Error if one of them has changed, or memory is short. */
  readAll(): ArrayBuffer;
}

/** The first bytes. They are not text; a program that treats the file as text damages their line endings first. */
const MAGIC = [0x89, 0x47, 0x4c, 0x4d, 0x0d, 0x0a, 0x1a, 0x0a];
/** Version of the files that are written. Those of version 1, before rows had shapes, are read too. */
const VERSION = 2;
const PREFIX_BYTES = 16;
export const HASH_BYTES = 32;
/** 32 MiB: room for the tokenizers of other programs, whose vocabularies are texts of some MiB. */
const MAX_HEADER_BYTES = 1 << 25;
/** Bytes of a header beside its texts, 2 MiB: MessagePack may encode an object a byte, the worst in half a second. */
const MAX_STRUCTURE_BYTES = 1 << 21;

/** The bytes of a file before its sections. @throws Error if `content` is not JSON or too long. */
export function packStart(
  where: string,
  kind: string,
  content: object, // JSON
  sections: Container['sections'],
): Uint8Array<ArrayBuffer> {
  const list = [...sections].map(([name, array]) => ({ name, dtype: typeOf(array), length: array.length }));
  const header = packr.pack(plainJson({ kind, content, sections: list }));
  if (header.length > MAX_HEADER_BYTES) {
    throw new Error(`${where}: header has ${header.length} bytes, expected at most ${MAX_HEADER_BYTES}`);
  }
  const structure = structureBytes(header);
  if (structure > MAX_STRUCTURE_BYTES) {
    throw new Error(`${where}: header has ${structure} bytes beside texts, expected at most ${MAX_STRUCTURE_BYTES}`);
  }
  const start = new Uint8Array(sectionsStart(header.length));
  start.set(MAGIC);
  const view = new DataView(start.buffer);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, header.length, true);
  start.set(header, PREFIX_BYTES);
  return start;
}

/**
 * Reads a file: magic (8 bytes), version and header length (uint32 each), the header in MessagePack, zeros up to a
 * multiple of 8, the sections (each padded with zeros to a multiple of 8), and the SHA-256 of all this. Everything is
 * little-endian. The header and its lengths are checked before memory for the sections is allocated.
 * @throws Error that begins with `subject`, such as 'loadModel: moons.gradloom', and names the problem if any byte is
 * changed, missing or added, or if the file is not one of the `kinds`.
 */
export function openContainer(subject: string, kinds: readonly string[], file: Sealed): Container {
  const { kind, content, sections: list, start, format } = openHeader(subject, kinds, file);
  const buffer = file.readAll();
  const sections = new Map<string, Elements>();
  let offset = start;
  for (const { name, dtype, length } of list) {
    sections.set(name, littleEndianNumbers(dtype, buffer, offset, length));
    offset += sectionBytes(dtype, length);
  }
  return { kind, content, sections, bytes: file.size, format };
}

/** Reads and checks the header, and finds the start of the sections. Does not check numbers or the hash. */
export function openHeader(
  subject: string,
  kinds: readonly string[],
  file: Sealed,
): Header & { readonly start: number; readonly format: number } {
  const fault: Fault = (has, expected) => new Error(`${subject} has ${has}, expected ${expected}`);
  const prefix = file.peek(0, PREFIX_BYTES);
  if (MAGIC.some((byte, i) => prefix[i] !== byte)) throw formatError(subject, prefix.slice(0, file.size));
  const { format, headerBytes } = checkPrefix(prefix, file.size, fault);
  const header = readHeader(file.peek(PREFIX_BYTES, headerBytes), fault);
  if (!kinds.includes(header.kind)) throw fault(`the kind ${show(header.kind)}`, kinds.join(' or '));
  const start = sectionsStart(headerBytes);
  refuseBadLengths(header.sections, start, file.size, fault);
  const { content } = header;
  const spec = format === 1 && 'spec' in content ? { spec: withFlatten(content.spec) as Json } : {};
  return { ...header, content: { ...content, ...spec }, start, format };
}

/** Padded to a multiple of 8, so that sections can be read in place. Exact for any length in a damaged file. */
const paddedLength = (bytes: number): number => -8 * Math.floor(-bytes / 8);

/** Where the sections begin, after the header and its padding. */
const sectionsStart = (headerBytes: number): number => paddedLength(PREFIX_BYTES + headerBytes);

/** Creates an error about the file: what it has, and what was expected. */
type Fault = (has: string, expected: string) => Error;

function formatError(subject: string, start: Uint8Array): Error {
  const text = String.fromCharCode(...start);
  const isText = /^[\x20-\x7e\s]*$/.test(text);
  const startText = isText ? show(text) : `the bytes ${hexadecimal(start.slice(0, MAGIC.length))}`;
  const reason = start.length === 0 ? 'it is empty' : `it begins with ${startText}`;
  return new Error(`${subject} is not a Gradloom file, expected a model or a checkpoint (${reason})`);
}

/** Checks version and sizes. */
function checkPrefix(
  { buffer }: Uint8Array<ArrayBuffer>,
  size: number,
  fault: Fault,
): { readonly format: number; readonly headerBytes: number } {
  const start = new DataView(buffer);
  const minBytes = PREFIX_BYTES + HASH_BYTES;
  if (size < minBytes) throw fault(`${size} bytes`, `${minBytes} or more (it was cut off)`);
  const format = start.getUint32(8, true);
  if (format < 1 || format > VERSION) {
    throw fault(`format version ${format}`, `1 to ${VERSION} (a newer Gradloom may read it)`);
  }
  const headerBytes = start.getUint32(12, true);
  const maxBytes = Math.min(MAX_HEADER_BYTES, size - PREFIX_BYTES - HASH_BYTES);
  if (headerBytes > maxBytes) throw fault(`a header of ${headerBytes} bytes`, `at most ${maxBytes}`);
  return { format, headerBytes };
}

interface Section {
  readonly name: string;
  readonly dtype: ElementType;
  readonly length: number; // numbers of its dtype
}

/** Bytes of a section, padded to a multiple of 8. */
export const sectionBytes = (dtype: ElementType, length: number): number =>
  paddedLength(bytesOfElements(dtype, length));

/** Checks that the sections end where the hash begins. */
function refuseBadLengths(sections: readonly Section[], start: number, size: number, fault: Fault): void {
  const end = size - HASH_BYTES;
  const names = new Set<string>();
  let offset = start;
  for (const { name, dtype, length } of sections) {
    if (names.has(name)) throw fault(`two sections ${showName(name)}`, 'one of each name');
    names.add(name);
    const bytes = sectionBytes(dtype, length);
    if (bytes > end - offset) throw fault(`${end - offset} bytes for section ${showName(name)}`, `${bytes}`);
    offset += bytes;
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
    if (typeof kind === 'string')
      return { kind, content, sections: sections.map((entry) => checkSection(entry, fault)) };
  }
  throw fault(`the header ${show(header)}`, '{ kind, content: {}, sections: [] }');
}

/** Bytes of MessagePack beside those of its texts: at least one for each object in it. Exact for whole files alone. */
function structureBytes(bytes: Uint8Array): number {
  const { buffer, byteOffset } = bytes;
  const view = new DataView(buffer, byteOffset);
  let [structure, at] = [0, 0];
  while (at < bytes.length) {
    const type = bytes[at];
    const lengthBytes = type === 0xd9 ? 1 : type === 0xda ? 2 : type === 0xdb ? 4 : 0; // of a text
    let text = type >= 0xa0 && type < 0xc0 ? type - 0xa0 : 0;
    if (at + lengthBytes < bytes.length) {
      if (lengthBytes === 1) text = view.getUint8(at + 1);
      else if (lengthBytes === 2) text = view.getUint16(at + 1);
      else if (lengthBytes === 4) text = view.getUint32(at + 1);
    }
    const size = 1 + lengthBytes + (NUMBER_BYTES[type] ?? 0);
    structure += size;
    at += size + text;
  }
  return structure;
}

/** Bytes after that of the type, of all types of JSON but texts: numbers, and the sizes of long arrays and maps. */
const NUMBER_BYTES: Readonly<Record<number, number>> = {
  202: 4,
  203: 8,
  204: 1,
  205: 2,
  206: 4,
  207: 8,
  208: 1,
  209: 2,
  210: 4,
  211: 8,
  220: 2,
  221: 4,
  222: 2,
  223: 4,
};

function unpack(bytes: Uint8Array, fault: Fault): Json {
  const structure = structureBytes(bytes);
  if (structure > MAX_STRUCTURE_BYTES) {
    throw fault(`a header with ${structure} bytes beside texts`, `at most ${MAX_STRUCTURE_BYTES}`);
  }
  try {
    return plainJson(packr.unpack(bytes));
  } catch (error) {
    const reason = reasonOf(error);
    throw fault(`a header that cannot be read (${reason})`, 'JSON in MessagePack');
  }
}

function checkSection(entry: Json, fault: Fault): Section {
  if (isJsonObject(entry) && typeof entry.name === 'string') {
    const { name, length } = entry;
    const dtype = elementTypes.find((type) => type === entry.dtype);
    const isLength = typeof length === 'number' && Number.isSafeInteger(length) && length >= 0;
    if (isLength && dtype !== undefined) return { name, dtype, length };
  }
  throw fault(`the section ${show(entry)}`, "{ name, dtype: 'float64' or 'float32', length }");
}

interface Packr {
  pack(value: unknown): Uint8Array;
  unpack(bytes: Uint8Array): unknown;
}

interface Msgpackr {
  readonly Packr: new (options: { useRecords: boolean; mapsAsObjects: boolean; structuredClone: boolean }) => Packr;
}

// Objects become Maps, so that a key such as __proto__ is seen and rejected.
const packr = new (msgpackr as Msgpackr).Packr({ useRecords: false, mapsAsObjects: false, structuredClone: false });
