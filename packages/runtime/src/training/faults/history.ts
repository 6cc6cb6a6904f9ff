import type { Elements, Pausable } from '@gradloom/core';
import { findNotFinite } from '@gradloom/core/internal';
import type { Lockstep } from '../../cluster/lockstep.ts';
import { sharedArrays } from '../../data/number-types.ts';
import type { Arena } from '../../engine/memory/arena.ts';
import { cloneArray, inTurns } from '../../system/turns/in-turns.ts';
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
  /** State before step `start` for a checkpoint, in shared memory. */
  saved(start: number): SavedState | undefined;
  /** Hands the saved model [P] to the caller; nothing can be saved afterwards. */
  handOut(): Pausable<Elements>;
}

/** `keepsEpoch` keeps a second copy. `saved` comes from rank 0's checkpoint. */
export async function createHistory(
  arena: Arena,
  progress: Progress,
  log: EpochLog,
  keepsEpoch: boolean,
  shares: StateShares,
  saved?: SavedState,
): Promise<History> {
  // In shared memory if a thread writes it into a checkpoint; otherwise not, since V8 does not count shared memory and
  // that of many short runs would pile up.
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
      // A span may begin in the middle of an epoch; the start of the epoch is then reached by replaying from an earlier
      // state.
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
      // Shared memory is copied before it is handed out: posting it to a thread would share it.
      return keepsEpoch ? yield* cloneArray(last.model) : last.model;
    },
  };
}

/** The first step of the epoch that contains `step`. */
export const epochStart = (step: number, stepsPerEpoch: number): number => step - (step % stepsPerEpoch);

/**
 * Whether all weights and all numbers of the optimizer's state are finite; only between spans. All ranks have the
 * weights, but each has the state of its own parameters only.
 */
export async function stateIsFinite({ theta, state }: Arena, lockstep: Lockstep): Promise<boolean> {
  let allFinite = true;
  for (const array of [theta, ...state]) allFinite &&= (await inTurns(findNotFinite(array))) === undefined;
  return (await lockstep.fromAll(allFinite)).every(Boolean);
}
