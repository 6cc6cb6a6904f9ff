import type { Arena } from './arena.ts';
import type { Progress, SavedState } from './checkpoints/checkpoint.ts';
import type { EpochLog } from './epoch-log.ts';
import { createSnapshot, type Snapshot } from './snapshot.ts';

/** States that a run can go back to: that before the span, and one from which the start of the epoch can be reached. */
export interface History {
  /** Notes the state between two spans. */
  take(): void;
  /** Goes back to the state that was noted last. */
  restore(): void;
  /** Told where the run stands after a span: in the epoch of first step `start`. */
  passTo(start: number): void;
  /** Goes back to the newest state at or before `step`. Returns false where there is none. */
  backTo(step: number): boolean;
  /** What a checkpoint needs beside the state itself to go back to step `start`. */
  saved(start: number): SavedState | undefined;
}

/** With `keepsEpoch` a second copy is held. `saved` is what a checkpoint had of it. */
export function createHistory(
  arena: Arena,
  progress: Progress,
  log: EpochLog,
  keepsEpoch: boolean,
  saved?: SavedState,
): History {
  let last = createSnapshot(arena, progress, log);
  let anchor: Snapshot | undefined;
  if (saved !== undefined && keepsEpoch) {
    anchor = createSnapshot(arena, progress, log);
    anchor.fill(saved);
  }

  return {
    take: () => last.take(),
    restore: () => last.restore(),
    passTo(start) {
      // A span need not begin where an epoch does: from its state the epoch's start is reached by running on.
      if (!keepsEpoch || last.step > start) return;
      [last, anchor] = [anchor ?? createSnapshot(arena, progress, log), last];
    },
    backTo(step) {
      const state = [last, anchor].find((one) => one !== undefined && one.step <= step);
      state?.restore();
      return state !== undefined;
    },
    saved(start) {
      if (progress.step === start || anchor === undefined || anchor.step > start) return undefined;
      return anchor.state();
    },
  };
}

/** The first step of the epoch that `step` lies in. */
export const epochStart = (step: number, stepsPerEpoch: number): number => step - (step % stepsPerEpoch);
