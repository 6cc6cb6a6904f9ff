import type { Pausable } from '@gradloom/core';
import { viewOf } from '@gradloom/core/internal';
import { firstNotFinite } from '../faults/finite.ts';

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

/** The place of the first number that is not finite. */
export function* findNotFinite(array: Float64Array): Pausable<number | undefined> {
  for (let at = 0; at < array.length; at += STRETCH) {
    const length = Math.min(STRETCH, array.length - at);
    const found = firstNotFinite(viewOf(array, at, length), length);
    if (found !== undefined) return at + found;
    yield;
  }
  return undefined;
}
