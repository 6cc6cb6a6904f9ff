import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { lateError } from '../cluster-error.ts';

/** Something that the main thread waits for. */
export interface Awaited {
  readonly predicate: string; // predicate of an error, such as 'did not take part'
  /** Whether it is done; lets messages progress. @throws to end the waiting. */
  isDone(): boolean;
  /** Ranks that are still missing, in order. */
  missingRanks(): readonly number[];
}

/** During this time every turn of the event loop checks, so that quick answers are received at once. */
const EAGER_MS = 5;

/** Pause between later checks, which leaves the cores to threads that compute. */
const PAUSE_MS = 1;

/** Time spent checking in each turn: large messages progress only during checks. */
const POLL_MS = 0.5;

/** Waits without blocking the event loop. @throws ClusterError naming the ranks that missed the time limit. */
export async function waitFor(awaited: Awaited, ranks: number, timeLimitMs: number): Promise<void> {
  const begunMs = performance.now();
  for (;;) {
    const turnMs = performance.now();
    do if (awaited.isDone()) return;
    while (performance.now() - turnMs < POLL_MS);
    if (turnMs - begunMs > timeLimitMs) {
      throw lateError(awaited.missingRanks(), ranks, `${awaited.predicate} within ${timeLimitMs / 1000} s`);
    }
    await (turnMs - begunMs < EAGER_MS ? nextTurn() : sleep(PAUSE_MS));
  }
}
