import type { Pausable } from '@gradloom/core';
import type { Arena } from './arena.ts';
import type { Progress, SavedState } from './checkpoints/checkpoint.ts';
import { sharedArrays } from './datasets/dataset.ts';
import type { EpochLog } from './epoch-log.ts';
import { createSnapshot, type Snapshot } from './snapshot.ts';

/** States that a run can go back to: that before the span, and one from which the start of the epoch can be reached. */
export interface History {
  /** The weights [P] of the state that was noted last. */
  readonly parameters: Float64Array;
  /** Notes the state between two spans. */
  take(): Pausable<void>;
  /** Goes back to the state that was noted last. */
  restore(): Pausable<void>;
  /** Told where the run stands after a span: in the epoch of first step `start`. */
  passTo(start: number): void;
  /** Goes back to the newest state at or before `step`. Returns false where there is none. */
  backTo(step: number): Pausable<boolean>;
  /** What a checkpoint needs beside the state itself to go back to step `start`: in memory that all threads share. */
  saved(start: number): SavedState | undefined;
}

/** With `keepsEpoch` a second copy is held. `saved` is what a checkpoint had of it. */
export function* createHistory(
  arena: Arena,
  progress: Progress,
  log: EpochLog,
  keepsEpoch: boolean,
  saved?: SavedState,
): Pausable<History> {
  // A thread writes it into a checkpoint. V8 does not count shared memory, so that of many short runs would pile up.
  const create = () => createSnapshot(arena, progress, log, keepsEpoch ? sharedArrays.float64 : undefined);
  let last = create();
  let anchor: Snapshot | undefined;
  if (saved !== undefined && keepsEpoch) {
    anchor = create();
    yield* anchor.fill(saved);
  }

  return {
    get parameters() {
      return last.parameters;
    },
    take: () => last.take(),
    restore: () => last.restore(),
    passTo(start) {
      // A span need not begin where an epoch does: from its state the epoch's start is reached by running on.
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
  };
}

/** The first step of the epoch that `step` lies in. */
export const epochStart = (step: number, stepsPerEpoch: number): number => step - (step % stepsPerEpoch);
