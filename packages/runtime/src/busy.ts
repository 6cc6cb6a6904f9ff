import { SPAN_MS } from './span-length.ts';
import { workShare } from './work-clock.ts';

/** Steps that are timed in 200 ms, about: their clock readings take some 20 µs. */
const TIMED_STEPS = 100;

/** Before anything is known of how long a step takes. */
const FIRST_SHARE = 1 / 64;

/**
 * How busy each thread is. Work is all that is not waiting for other threads at a barrier; the time between spans is
 * neither.
 */
export interface BusyMeter {
  /** Of the steps of the next span, on so many threads; 0 for a thread that has nobody to wait for. */
  timedShare(threads: number): number;
  /** Takes what a span has left, and clears it. Only while no thread is inside. */
  note(threads: number, steps: number, elapsedMs: number): void;
  /**
   * [threads of the run] share of the newest span with timed steps that was work; 0 for a thread that was not in it.
   */
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
