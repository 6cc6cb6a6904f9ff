import type { Elements, Pausable } from '@gradloom/core';
import { createElements, typeOf, viewOf } from '@gradloom/core/internal';

/** Numbers between two pauses, 1 MiB: 0.1 to 0.5 ms, the longest if the memory is touched for the first time. */
const STRETCH = 1 << 17;

/** Overwrites `to` with `from`, which has the same length. */
export function* copyArray(to: Elements, from: Elements): Pausable<void> {
  for (let at = 0; at < from.length; at += STRETCH) {
    to.set(viewOf(from, at, Math.min(STRETCH, from.length - at)), at);
    yield;
  }
}

/** A copy in memory of its own. */
export function* cloneArray<Numbers extends Elements>(from: Numbers): Pausable<Numbers> {
  const copy = createElements(typeOf(from), from.length) as Elements as Numbers;
  yield* copyArray(copy, from);
  return copy;
}
