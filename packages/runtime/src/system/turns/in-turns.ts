import { setImmediate } from 'node:timers/promises';
import { type Elements, OptionError, type Pausable } from '@gradloom/core';
import { createElements, show, typeOf, viewOf } from '@gradloom/core/internal';

/** Longest time that a thread works before waiting requests, timers and signals are handled. */
export const TURN_MS = 5;

/** Runs the work in this thread and yields to the event loop every 5 ms; short work does not yield. */
export async function inTurns<T>(work: Pausable<T>): Promise<T> {
  if (typeof work?.next !== 'function') {
    throw new OptionError('inTurns', 'work', `has ${show(work)}, expected a generator`);
  }
  let turnStartMs = performance.now();
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    if (performance.now() - turnStartMs < TURN_MS) continue;
    await setImmediate();
    turnStartMs = performance.now();
  }
}

/** Numbers between two pauses, 1 MiB: 0.1 to 0.5 ms, the longest if the memory is touched for the first time. */
const CHUNK_ELEMENTS = 1 << 17;

/** Overwrites `to` with `from`, which has the same length. */
export function* copyArray(to: Elements, from: Elements): Pausable<void> {
  for (let offset = 0; offset < from.length; offset += CHUNK_ELEMENTS) {
    to.set(viewOf(from, offset, Math.min(CHUNK_ELEMENTS, from.length - offset)), offset);
    yield;
  }
}

export function* cloneArray<Numbers extends Elements>(from: Numbers): Pausable<Numbers> {
  const copy = createElements(typeOf(from), from.length) as Elements as Numbers;
  yield* copyArray(copy, from);
  return copy;
}
