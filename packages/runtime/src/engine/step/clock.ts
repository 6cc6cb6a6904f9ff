import type { Emit, Inspect } from '@gradloom/core';
import { host, viewOf } from '@gradloom/core/internal';

/**
 * Phases of a step. `update` sums the gradients and applies the optimizer; `exchange` sends to other ranks, receives
 * from them and waits for them (first thread of a rank only); `wait` is the time at barriers.
 */
export const phases = ['gather', 'forward', 'backward', 'update', 'exchange', 'wait'] as const;

/** Milliseconds that a thread spent in each phase, over all steps of a run. */
export type Profile = { readonly [Phase in (typeof phases)[number]]: number };

/** Index of each phase in a thread's row of times. */
export const PHASE = { gather: 0, forward: 1, backward: 2, update: 3, exchange: 4, wait: 5 } satisfies Record<
  keyof Profile,
  number
>;

/** Adds the time since the last lap to a phase, if the run has a clock. */
export function emitLap(clock: Clock | null, emit: Emit, phase: number): void {
  if (clock !== null) emit(host, () => clock.lap(phase));
}

/** The stopwatch of a thread, only with `profile`: reading the time takes about 50 ns and allocates a number. */
export interface Clock {
  /** Restarts: time before this call is not counted. */
  start(): void;
  /** Adds the time since the last call to a phase. */
  lap(phase: number): void;
  readonly inspect: Inspect; // called in a pass: ends the forward phase where the backward pass begins
}

/** Allocates the times of all threads, outside the run's memory. */
export const allocateTimes = (threads: number): Float64Array<SharedArrayBuffer> =>
  new Float64Array(new SharedArrayBuffer(8 * threads * phases.length));

export function createClock(times: Float64Array, thread: number): Clock {
  const { start, lap } = createStopwatch(viewOf(times, thread * phases.length, phases.length));
  return {
    start,
    lap,
    inspect(phase) {
      if (phase === 'loss') lap(PHASE.forward);
    },
  };
}

/** Adds the milliseconds between its calls to elements of `times`. */
export function createStopwatch(times: Float64Array): { start(): void; lap(index: number): void } {
  const last = new Float64Array(1); // an array, since a plain variable would allocate a number at each call
  return {
    start() {
      last[0] = performance.now();
    },
    lap(index) {
      const nowMs = performance.now();
      times[index] += nowMs - last[0];
      last[0] = nowMs;
    },
  };
}

/** Reads the times of the first `threads` threads. */
export function readProfiles(times: Float64Array, threads: number): Profile[] {
  return Array.from({ length: threads }, (_, thread) => {
    const threadTimes = viewOf(times, thread * phases.length, phases.length);
    return Object.fromEntries(phases.map((phase, index) => [phase, threadTimes[index]])) as Profile;
  });
}

/** Doubles between the times of two threads: each has its own 128-byte line. */
const ROW_DOUBLES = 16;
const COLUMN = { work: 0, wait: 1 };

/** 2³² / golden ratio. Its multiples modulo 2³² are evenly spread, so the timed steps vary from epoch to epoch. */
const GOLDEN = 0x9e3779b1;

/** Measures the time that a thread works and waits, in a sample of the steps: timing all would slow down small ones. */
export interface WorkClock {
  /** Whether `step` is among the `fraction` of steps that are timed. Starts the clock if it is. */
  begin(step: number, fraction: number): boolean;
  /** Counts the time since the last call as work. */
  work(): void;
  /** Counts the time since the last call as waiting. */
  wait(): void;
}

/** Allocates the times of all threads in the timed steps of a span, outside the run's memory. */
export const allocateWorkTimes = (threads: number): Float64Array<SharedArrayBuffer> =>
  new Float64Array(new SharedArrayBuffer(8 * ROW_DOUBLES * threads));

const rowOf = (times: Float64Array, thread: number): Float64Array => viewOf(times, thread * ROW_DOUBLES, ROW_DOUBLES);

export function createWorkClock(times: Float64Array, thread: number): WorkClock {
  const { start, lap } = createStopwatch(rowOf(times, thread));
  return {
    begin(step, fraction) {
      // `imul` returns a signed number, from -2³¹ to 2³¹ - 1.
      if (Math.imul(step, GOLDEN) >= (fraction - 0.5) * 2 ** 32) return false;
      start();
      return true;
    },
    work: () => lap(COLUMN.work),
    wait: () => lap(COLUMN.wait),
  };
}

/** Fraction of a thread's timed steps spent working; NaN if no step was timed. */
export function workShare(times: Float64Array, thread: number): number {
  const row = rowOf(times, thread);
  return row[COLUMN.work] / (row[COLUMN.work] + row[COLUMN.wait]);
}
