import type { Hash } from 'node:crypto';

/** Bytes of one call: Node takes less than 2 GiB. */
const CHUNK = 1 << 28;

/** Adds bytes of any number. */
export function updateHash(hash: Hash, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += CHUNK) hash.update(bytes.subarray(at, at + CHUNK));
}
