import { createHash, type Hash } from 'node:crypto';
import type { Elements, ModuleRecord, Pausable } from '@gradloom/core';
import { checkElements, complete } from '@gradloom/core/internal';
import { littleEndianBytes } from './little-endian.ts';

/** Bytes hashed per call, 1 MiB: about a millisecond. Node accepts less than 2 GiB. */
const CHUNK_BYTES = 1 << 20;

/** Adds `bytes` to the hash, with pauses for the event loop. */
export function* updateHash(hash: Hash, bytes: Uint8Array): Pausable<void> {
  for (let offset = 0; offset < bytes.length; offset += CHUNK_BYTES) {
    hash.update(bytes.subarray(offset, offset + CHUNK_BYTES));
    yield;
  }
}

/**
 * SHA-256, in hexadecimal, of the parameters in their type, little-endian, layer by layer, W [in, out] then b. If the
 * model has custom parts, the hashes of their modules follow as text.
 */
export const fingerprint = (parameters: Elements, modules: readonly ModuleRecord[] = []): string =>
  complete(fingerprintInTurns(parameters, modules));

/** Same as `fingerprint`, with pauses. */
export function* fingerprintInTurns(parameters: Elements, modules: readonly ModuleRecord[] = []): Pausable<string> {
  const hash = createHash('sha256');
  yield* updateHash(hash, littleEndianBytes(checkElements('fingerprint', 'parameters', parameters)));
  for (const { sha256 } of modules) hash.update(sha256);
  return hash.digest('hex');
}
