import type { Pausable } from '@gradloom/core';
import { viewOf } from '@gradloom/core/internal';

/** Numbers between two pauses, 1 MiB: 0.1 to 0.5 ms, the longest where the system first gives the memory. */
const STRETCH = 1 << 17;

/** Overwrites `to` with `from`, which is as long. */
export function* copyArray(to: Float64Array, from: Float64Array): Pausable<void> {
  for (let at = 0; at < from.length; at += STRETCH) {
    to.set(viewOf(from, at, Math.min(STRETCH, from.length - at)), at);
    yield;
  }
}

/** A copy in memory of its own. */
export function* cloneArray(from: Float64Array): Pausable<Float64Array<ArrayBuffer>> {
  const copy = new Float64Array(from.length);
  yield* copyArray(copy, from);
  return copy;
}
