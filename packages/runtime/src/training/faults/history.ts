import type { Elements, Pausable } from '@gradloom/core';
import { sharedArrays } from '../../data/number-types.ts';
import type { Arena } from '../../engine/memory/arena.ts';
import { cloneArray } from '../../system/turns/arrays.ts';
import type { Progress, SavedState } from '../checkpoints/checkpoint.ts';
import type { StateShares } from '../lockstep/state-shares.ts';
import type { EpochLog } from '../run/epoch-log.ts';
import { createSnapshot, type Snapshot } from './snapshot.ts';

/** States that a run can restore: the one before the span, and one from which the start of the epoch can be reached. */
export interface History {
  /** The weights [P] of the saved state. */
  readonly parameters: Elements;
  /** Saves the state between two spans. */
  take(): Pausable<void>;
  /** Restores the saved state. */
  restore(): Pausable<void>;
  /** Called after a span, in the epoch that started at step `start`. */
  passTo(start: number): void;
  /** Restores the newest state at or before `step`. Returns false if there is none. */
  backTo(step: number): Pausable<boolean>;
  /** State that a checkpoint needs to go back to step `start`, in shared memory. */
  saved(start: number): SavedState | undefined;
  /** The model [P] of the saved state for the caller to keep; nothing is saved any more. */
  handOut(): Pausable<Elements>;
}

/** With `keepsEpoch` a second copy is kept. `saved` is that of rank 0's checkpoint. */
export async function createHistory(
  arena: Arena,
  progress: Progress,
  log: EpochLog,
  keepsEpoch: boolean,
  shares: StateShares,
  saved?: SavedState,
): Promise<History> {
  // A thread writes it into a checkpoint. V8 does not count shared memory, so that of many short runs would pile up.
  const create = () =>
    createSnapshot(arena, progress, log, keepsEpoch ? (type, length) => sharedArrays[type](length) : undefined);
  let last = create();
  let anchor: Snapshot | undefined;
  if (saved !== undefined && keepsEpoch) {
    anchor = create();
    await anchor.fill(saved, shares);
  }

  return {
    get parameters() {
      return last.parameters;
    },
    take: () => last.take(),
    restore: () => last.restore(),
    passTo(start) {
      // A span may begin in the middle of an epoch: the start of the epoch is then reached by running on from an
      // earlier state.
      if (!keepsEpoch || last.step > start) return;
      [last, anchor] = [anchor ?? create(), last];
    },
    *backTo(step) {
      const state = [last, anchor].find((one) => one !== undefined && one.step <= step);
      if (state === undefined) return false;
      yield* state.restore();
      return true;
    },
    saved(start) {
      if (progress.step === start || anchor === undefined || anchor.step > start) return undefined;
      return anchor.state();
    },
    *handOut() {
      // Shared memory is no caller's own: a message to a thread would not copy it.
      return keepsEpoch ? yield* cloneArray(last.model) : last.model;
    },
  };
}

/** The first step of the epoch that `step` lies in. */
export const epochStart = (step: number, stepsPerEpoch: number): number => step - (step % stepsPerEpoch);
