import { workShare } from '../../engine/step/work-clock.ts';
import { SPAN_MS } from '../../engine/threads/span.ts';

/** About as many steps are timed in 200 ms; reading their clocks takes about 20 µs. */
const TIMED_STEPS = 100;

/** The share before the time of a step is known. */
const FIRST_SHARE = 1 / 64;

/**
 * How busy each thread is: the share of time in which it does not wait at a barrier. Time between spans does not count.
 */
export interface BusyMeter {
  /** Share of steps to time in the next span on this many threads; 0 for a single thread, which never waits. */
  timedShare(threads: number): number;
  /** Reads the times of a span, and clears them. Only while no thread is inside. */
  note(threads: number, steps: number, elapsedMs: number): void;
  /** [threads of the run] busy share of the newest span with timed steps; 0 for a thread that was not in it. */
  read(): readonly number[] | undefined;
}

export function createBusyMeter(times: Float64Array, ofRun: number): BusyMeter {
  let share = FIRST_SHARE;
  let busy: readonly number[] | undefined;
  return {
    timedShare: (threads) => (threads === 1 ? 0 : share),
    note(threads, steps, elapsedMs) {
      share = Math.min(1, (TIMED_STEPS * elapsedMs) / (SPAN_MS * steps));
      const shares = Array.from({ length: threads }, (_, t) => (threads === 1 ? 1 : workShare(times, t)));
      times.fill(0);
      if (!shares.some(Number.isNaN)) busy = Array.from({ length: ofRun }, (_, t) => shares[t] ?? 0);
    },
    read: () => busy,
  };
}
