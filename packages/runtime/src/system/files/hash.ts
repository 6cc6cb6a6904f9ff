import type { Hash } from 'node:crypto';
import type { Pausable } from '@gradloom/core';

/** Bytes of one call, 1 MiB: about a millisecond. Node takes less than 2 GiB. */
const CHUNK = 1 << 20;

/** Adds `bytes` to the hash, with pauses. */
export function* updateHash(hash: Hash, bytes: Uint8Array): Pausable<void> {
  for (let at = 0; at < bytes.length; at += CHUNK) {
    hash.update(bytes.subarray(at, at + CHUNK));
    yield;
  }
}
