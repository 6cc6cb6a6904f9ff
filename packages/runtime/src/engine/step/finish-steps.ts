import { CONTROL } from '../threads/barrier.ts';
import { DECISION } from '../threads/protocol.ts';
import type { RunContext } from './context.ts';

/**
 * Called after the last `taken` steps by the thread that ended them, while all others wait: advances the optimizer's
 * scalars, and decides for all threads whether to go on. If each thread read the request itself, some could stop and
 * others continue.
 */
export function finishSteps(
  { arena, setup, optimizer, stepResult, stopFlag, spanSteps }: RunContext,
  count: number,
): void {
  const { control, cluster } = setup;
  for (let k = 0; k < count; k++) optimizer.advance(arena.scalars);
  // With several ranks, the first rank's note decides for all.
  const isAsked = cluster === null ? Atomics.load(control, CONTROL.request) !== 0 : arena.rankNotes[0] !== 0;
  const isOver = stepResult[0] === spanSteps || isAsked;
  // No atomics: readers wait at the barrier or for the end of the task.
  control[CONTROL.steps] = stepResult[0];
  control[CONTROL.decision] = stopFlag[0] === 0 ? (isOver ? DECISION.end : DECISION.go) : DECISION.bad;
}
