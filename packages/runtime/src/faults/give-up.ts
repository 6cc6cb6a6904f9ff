import type { RunState } from '../run/state.ts';
import { inTurns } from '../turns/in-turns.ts';
import { runFailure } from './recovery.ts';

/** The result of `work`; where it fails, the error that ends the run, naming `place`. */
export async function orGiveUp<T>(state: RunState, work: () => Promise<T>, place: string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // The state before the span, for a resume.
    await restore(state);
    await state.keeper?.keep();
    throw runFailure(error, place);
  }
}

/** Restores the state before the span. */
export const restore = ({ history }: RunState): Promise<void> => inTurns(history.restore());
