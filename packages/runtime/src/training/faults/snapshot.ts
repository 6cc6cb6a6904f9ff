import type { Elements, ElementType, Pausable } from '@gradloom/core';
import { createElements, typeOf } from '@gradloom/core/internal';
import type { Arena } from '../../engine/memory/arena.ts';
import { copyArray } from '../../system/turns/in-turns.ts';
import type { Progress, SavedState } from '../checkpoints/checkpoint.ts';
import { restoreArrays } from '../checkpoints/restore-arrays.ts';
import type { StateShares } from '../lockstep/state-shares.ts';
import type { EpochLog } from '../run/epoch-log.ts';

/** A copy of the state of a run between two spans. */
export interface Snapshot {
  readonly step: number; // step of the saved state; NaN before the first
  readonly parameters: Elements; // [P] saved weights
  readonly model: Elements; // [P] the saved weights or their moving average
  /** Overwrites the copy with the run's state. */
  take(): Pausable<void>;
  /** Overwrites the state of the run with the copy; time, threads and the best loss are kept. */
  restore(): Pausable<void>;
  /** The saved state in the form of a checkpoint. */
  state(): SavedState;
  /** Overwrites the copy with a state from rank 0's checkpoint. */
  fill(state: SavedState, shares: StateShares): Promise<void>;
}

/** Allocates the copies outside of the arena: one of the weights, and one of each state vector of the optimizer. */
export function createSnapshot(
  arena: Arena,
  progress: Progress,
  log: EpochLog,
  allocate: (type: ElementType, length: number) => Elements = createElements,
): Snapshot {
  const { theta, state, scalars, scheduleState } = arena;
  const slots = state.length;
  const live = [theta, ...state, scalars, scheduleState];
  const kept = live.map((array) => allocate(typeOf(array), array.length));
  let counters: SavedState['counters'] = { step: Number.NaN, samples: 0, epochs: 0 };
  let epochSums: readonly number[] = [];

  return {
    get step() {
      return counters.step;
    },
    parameters: kept[0],
    model: kept[live.indexOf(arena.model)],
    *take() {
      for (const [k, array] of live.entries()) yield* copyArray(kept[k], array);
      const { step, samples, validation } = progress;
      const { epochs, sums } = log.mark();
      counters = { step, samples, epochs, ...(validation === undefined ? {} : { validation }) };
      epochSums = sums;
    },
    *restore() {
      for (const [k, array] of live.entries()) yield* copyArray(array, kept[k]);
      const { epochs, ...rest } = counters;
      delete progress.validation;
      Object.assign(progress, rest);
      log.goBack({ epochs, sums: epochSums });
    },
    state() {
      return {
        counters,
        parameters: kept[0],
        state: kept.slice(1, 1 + slots),
        scalars: Float64Array.from(kept[1 + slots]),
        scheduleState: Float64Array.from(kept[2 + slots]),
        epochSums: Float64Array.from(epochSums),
      };
    },
    async fill(saved, shares) {
      const [copies, [ownScalars, ownSchedule]] = [kept.slice(1, 1 + slots), kept.slice(1 + slots) as Float64Array[]];
      const own = { theta: kept[0], state: copies, scalars: ownScalars, scheduleState: ownSchedule };
      await restoreArrays(own, saved, shares);
      counters = saved.counters;
      epochSums = [...saved.epochSums];
    },
  };
}
