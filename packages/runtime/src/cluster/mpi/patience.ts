import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { ClusterError, namesOf } from '../cluster-error.ts';

/** Something that the main thread waits for. */
export interface Awaited {
  readonly what: string; // predicate of an error, such as 'did not take part'
  /** Whether it is done; lets messages progress. @throws to end the waiting. */
  isDone(): boolean;
  /** Ranks that are still missing, in order. */
  missing(): readonly number[];
}

/** During this time every turn of the event loop checks, so that quick answers are received at once. */
const EAGER_MS = 5;

/** Pause between later checks, which leaves the cores to threads that compute. */
const PAUSE_MS = 1;

/** Time spent checking in each turn: large messages progress only during checks. */
const LOOK_MS = 0.5;

/** Waits without blocking the event loop. @throws ClusterError naming the ranks that missed the time limit. */
export async function waitFor(awaited: Awaited, ranks: number, timeLimitMs: number): Promise<void> {
  const begun = performance.now();
  for (;;) {
    const turn = performance.now();
    do if (awaited.isDone()) return;
    while (performance.now() - turn < LOOK_MS);
    if (turn - begun > timeLimitMs) {
      const missing = awaited.missing();
      const seconds = timeLimitMs / 1000;
      throw new ClusterError(`cluster: ${namesOf(missing, ranks)} ${awaited.what} within ${seconds} s`, missing, {
        isLate: true,
      });
    }
    await (turn - begun < EAGER_MS ? nextTurn() : sleep(PAUSE_MS));
  }
}
