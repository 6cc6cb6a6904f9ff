import { CONTROL } from '../threads/barrier.ts';
import { DECISION } from '../threads/protocol.ts';
import type { RunContext } from './context.ts';

/**
 * Called after the last `taken` steps by the thread that ended them, while all others wait: advances the optimizer's
 * scalars, and decides for all threads whether to go on. If each thread read the request itself, some could stop and
 * others continue.
 */
export function finishSteps({ arena, setup, optimizer, note, stop, most }: RunContext, taken: number): void {
  const { control, cluster } = setup;
  for (let k = 0; k < taken; k++) optimizer.advance(arena.scalars);
  // With several ranks, the first rank's note decides for all.
  const isAsked = cluster === null ? Atomics.load(control, CONTROL.request) !== 0 : arena.notes[0] !== 0;
  const isOver = note[0] === most || isAsked;
  // No atomics: readers wait at the barrier or for the end of the task.
  control[CONTROL.steps] = note[0];
  control[CONTROL.decision] = stop[0] === 0 ? (isOver ? DECISION.end : DECISION.go) : DECISION.bad;
}
