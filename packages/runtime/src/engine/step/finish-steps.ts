import { CONTROL } from '../threads/barrier.ts';
import { DECISION } from '../threads/protocol.ts';
import type { RunContext } from './context.ts';

/**
 * Behind the last `taken` steps, by the thread that ended them, while all others wait: moves the optimizer's scalars
 * on, and decides for all whether to go on. A request read by each thread itself could send one home and keep another.
 */
export function finishSteps({ arena, setup, optimizer, note, stop, most }: RunContext, taken: number): void {
  const { control, cluster } = setup;
  for (let k = 0; k < taken; k++) optimizer.advance(arena.scalars);
  // Of several ranks the first decides: its note says so to all.
  const isAsked = cluster === null ? Atomics.load(control, CONTROL.request) !== 0 : arena.notes[0] !== 0;
  const isOver = note[0] === most || isAsked;
  // Plainly: whoever reads these comes behind the barrier, or behind the end of the task.
  control[CONTROL.steps] = note[0];
  control[CONTROL.decision] = stop[0] === 0 ? (isOver ? DECISION.end : DECISION.go) : DECISION.bad;
}
