import { createHash } from 'node:crypto';
import type { Pausable } from '@gradloom/core';
import { complete, doubles } from '@gradloom/core/internal';
import { updateHash } from './hash.ts';
import { littleEndianBytes } from './little-endian.ts';

/** SHA-256 of the parameters as little-endian Float64, layer by layer, W [in, out] then b, in hexadecimal. */
export const fingerprint = (parameters: Float64Array): string => complete(fingerprintInTurns(parameters));

/** Likewise, with pauses. */
export function* fingerprintInTurns(parameters: Float64Array): Pausable<string> {
  const hash = createHash('sha256');
  yield* updateHash(hash, littleEndianBytes(doubles('fingerprint', 'parameters', parameters)));
  return hash.digest('hex');
}
