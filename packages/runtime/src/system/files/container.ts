import { createHash } from 'node:crypto';
import type { Elements, JsonObject } from '@gradloom/core';
import {
  type Container,
  complete,
  openContainer,
  openHeader,
  packStart,
  sectionBytes,
  showPath,
  typeOf,
} from '@gradloom/core/internal';
import { updateHash } from './hash.ts';
import { littleEndianBytes } from './little-endian.ts';
import { readSealed } from './read-sealed.ts';
import { writeAtomically } from './write-atomically.ts';

/** Writes a file that `openContainer` reads. @throws Error naming the path, where an older file remains. */
export function writeContainer(
  where: string,
  path: string,
  kind: string,
  content: object, // JSON
  sections: Container['sections'],
  moreNames: readonly string[] = [], // for the same file
): void {
  writeAtomically(where, path, packContainer(where, kind, content, sections), moreNames);
}

/** The bytes of a file that `openContainer` reads. @throws Error for a `content` that is not JSON, or is too long. */
export const packContainer = (
  where: string,
  kind: string,
  content: object, // JSON
  sections: Container['sections'],
): Iterable<Uint8Array> =>
  sealParts([packStart(where, kind, content, sections), ...[...sections.values()].flatMap(paddedBytes)]);

/** Reads a file written by `writeContainer`. @throws Error naming the path and the problem, as `openContainer` does. */
export const readContainer = (where: string, path: string, kinds: readonly string[]): Container =>
  readSealed(where, path, (file) => openContainer(`${where}: ${showPath(path)}`, kinds, file));

/** Reads the content of a container without checking its arrays or its hash. */
export const peekContainer = (where: string, path: string, kinds: readonly string[]): JsonObject =>
  readSealed(where, path, (file) => openHeader(`${where}: ${showPath(path)}`, kinds, file).content);

/** The bytes of a section, padded with zeros to a multiple of 8. */
function paddedBytes(numbers: Elements): Uint8Array[] {
  const bytes = littleEndianBytes(numbers);
  return [bytes, new Uint8Array(sectionBytes(typeOf(numbers), numbers.length) - bytes.length)];
}

/** The parts, followed by the SHA-256 of all of them. */
function* sealParts(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  const hash = createHash('sha256');
  for (const part of parts) {
    complete(updateHash(hash, part));
    yield part;
  }
  yield hash.digest();
}
