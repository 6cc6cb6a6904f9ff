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
export function emitLap(clock: Clock | null, emit: Emit, part: number): void {
  if (clock !== null) emit(host, () => clock.lap(part));
}

/**
 * The stopwatch of a thread. Only a run with `profile` has one: reading the time takes about 50 ns and allocates a
 * number.
 */
export interface Clock {
  /** Restarts: time before this call is not counted. */
  start(): void;
  /** Adds the time since the last call to a phase. */
  lap(part: number): void;
  /** Called in a pass: ends the forward phase where the backward pass begins. */
  readonly inspect: Inspect;
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
