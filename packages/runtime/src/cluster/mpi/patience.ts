import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { ClusterError, namesOf } from '../cluster-error.ts';

/** What the main thread waits for. */
export interface Awaited {
  readonly what: string; // 'a value of rank 0', as a sentence about lateness goes on
  /** Whether it has come; moves it on. @throws to end the waiting. */
  isDone(): boolean;
  /** Ranks that it still needs, in order. */
  missing(): readonly number[];
}

/** Waits in which no turn of the event loop is left out, so that what is sent at once is received at once. */
const EAGER_MS = 5;

/** Between two looks after that: what computes meanwhile, on a machine of few cores, gets them. */
const PAUSE_MS = 1;

/** In each turn: large messages go on only while somebody looks. */
const LOOK_MS = 0.5;

/** Waits without holding up the event loop. @throws ClusterError naming who has not come within the time limit. */
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
