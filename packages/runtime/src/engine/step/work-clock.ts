import { viewOf } from '@gradloom/core/internal';
import { createStopwatch } from './clock.ts';

/** Doubles between the times of two threads: each has its own 128-byte line. */
const ROW = 16;
const PLACE = { work: 0, wait: 1 };

/**
 * 2³² divided by the golden ratio. Its multiples modulo 2³² are evenly spread and do not follow the rhythm of epochs.
 */
const GOLDEN = 0x9e3779b1;

/**
 * Measures the working and waiting time of a thread in a part of the steps: timing each one would slow down small
 * steps.
 */
export interface WorkClock {
  /** Whether `step` is among the `share` of steps that are timed. Starts the clock if it is. */
  begin(step: number, share: number): boolean;
  /** Counts the time since the last call as work. */
  work(): void;
  /** Counts the time since the last call as waiting. */
  wait(): void;
}

/** Allocates the times of all threads in the timed steps of a span, outside the run's memory. */
export const allocateWorkTimes = (threads: number): Float64Array<SharedArrayBuffer> =>
  new Float64Array(new SharedArrayBuffer(8 * ROW * threads));

const rowOf = (times: Float64Array, thread: number): Float64Array => viewOf(times, thread * ROW, ROW);

export function createWorkClock(times: Float64Array, thread: number): WorkClock {
  const { start, lap } = createStopwatch(rowOf(times, thread));
  return {
    begin(step, share) {
      if (Math.imul(step, GOLDEN) >= (share - 0.5) * 2 ** 32) return false;
      start();
      return true;
    },
    work: () => lap(PLACE.work),
    wait: () => lap(PLACE.wait),
  };
}

/** Fraction of a thread's timed steps spent working; NaN if no step was timed. */
export function workShare(times: Float64Array, thread: number): number {
  const row = rowOf(times, thread);
  return row[PLACE.work] / (row[PLACE.work] + row[PLACE.wait]);
}
