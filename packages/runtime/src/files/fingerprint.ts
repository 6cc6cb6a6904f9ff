import { createHash } from 'node:crypto';
import type { ModuleRecord, Pausable } from '@gradloom/core';
import { complete, doubles } from '@gradloom/core/internal';
import { updateHash } from './hash.ts';
import { littleEndianBytes } from './little-endian.ts';

/**
 * SHA-256 of the parameters as little-endian Float64, layer by layer, W [in, out] then b, in hexadecimal. Where the
 * model has parts of a user's own, the hashes of their modules follow, as text.
 */
export const fingerprint = (parameters: Float64Array, modules: readonly ModuleRecord[] = []): string =>
  complete(fingerprintInTurns(parameters, modules));

/** Likewise, with pauses. */
export function* fingerprintInTurns(parameters: Float64Array, modules: readonly ModuleRecord[] = []): Pausable<string> {
  const hash = createHash('sha256');
  yield* updateHash(hash, littleEndianBytes(doubles('fingerprint', 'parameters', parameters)));
  for (const { sha256 } of modules) hash.update(sha256);
  return hash.digest('hex');
}
