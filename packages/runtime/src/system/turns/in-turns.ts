import { setImmediate } from 'node:timers/promises';
import { OptionError, type Pausable } from '@gradloom/core';
import { show } from '@gradloom/core/internal';

/** Longest that a thread works before others that wait for it get a turn: requests, timers, signals. */
const STRETCH_MS = 5;

/** Does the work in this thread, yielding to the event loop every 5 ms; short work does not yield. */
export async function inTurns<T>(work: Pausable<T>): Promise<T> {
  if (typeof work?.next !== 'function') {
    throw new OptionError('inTurns', 'work', `has ${show(work)}, expected a generator`);
  }
  let beginMs = performance.now();
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    if (performance.now() - beginMs < STRETCH_MS) continue;
    await setImmediate();
    beginMs = performance.now();
  }
}
