import { setImmediate } from 'node:timers/promises';
import { OptionError, type Pausable } from '@gradloom/core';
import { show } from '@gradloom/core/internal';

/** Longest time that a thread works before waiting requests, timers and signals are handled. */
const STRETCH_MS = 5;

/** Runs the work in this thread and yields to the event loop every 5 ms; short work does not yield. */
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
