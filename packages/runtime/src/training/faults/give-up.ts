import { InputError } from '@gradloom/core';
import { ClusterError } from '../../cluster/cluster-error.ts';
import { ThreadError } from '../../engine/threads/span.ts';
import { inTurns } from '../../system/turns/in-turns.ts';
import type { RunState } from '../run/state.ts';
import { runFailure } from './recovery.ts';

/** The result of `work`. If it fails, throws the error that ends the run, naming `place`. */
export async function orGiveUp<T>(state: RunState, work: () => Promise<T>, place: string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ClusterError) throw error;
    // Restores the state before the span and keeps it in a checkpoint, unless this rank alone has failed: the others
    // would not send it their state.
    await restore(state);
    const isOfAll = error instanceof ThreadError || error instanceof InputError;
    if (isOfAll || state.lockstep.cluster === null) await state.keeper?.keep();
    throw runFailure(error, place);
  }
}

/** Restores the state before the span. */
export const restore = ({ history }: RunState): Promise<void> => inTurns(history.restore());
