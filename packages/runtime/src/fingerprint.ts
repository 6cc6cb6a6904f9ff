import { createHash } from 'node:crypto';
import { doubles } from '@gradloom/core';
import { updateHash } from './files/hash.ts';
import { littleEndianBytes } from './files/little-endian.ts';

/** SHA-256 of the parameters as little-endian Float64, layer by layer, W [in, out] then b, in hexadecimal. */
export function fingerprint(parameters: Float64Array): string {
  const hash = createHash('sha256');
  updateHash(hash, littleEndianBytes(doubles('fingerprint', 'parameters', parameters)));
  return hash.digest('hex');
}
