import { createHash } from 'node:crypto';
import type { Elements, ModuleRecord, Pausable } from '@gradloom/core';
import { complete, elements } from '@gradloom/core/internal';
import { updateHash } from './hash.ts';
import { littleEndianBytes } from './little-endian.ts';

/**
 * SHA-256 of the parameters in their type, little-endian, layer by layer, W [in, out] then b, in hexadecimal. Where the
 * model has parts of a user's own, the hashes of their modules follow, as text.
 */
export const fingerprint = (parameters: Elements, modules: readonly ModuleRecord[] = []): string =>
  complete(fingerprintInTurns(parameters, modules));

/** Likewise, with pauses. */
export function* fingerprintInTurns(parameters: Elements, modules: readonly ModuleRecord[] = []): Pausable<string> {
  const hash = createHash('sha256');
  yield* updateHash(hash, littleEndianBytes(elements('fingerprint', 'parameters', parameters)));
  for (const { sha256 } of modules) hash.update(sha256);
  return hash.digest('hex');
}
