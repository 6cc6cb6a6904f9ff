import type { Arena } from './arena.ts';
import type { Progress, SavedState } from './checkpoints/checkpoint.ts';
import type { EpochLog } from './epoch-log.ts';

/** A copy of the state of a run between two spans. */
export interface Snapshot {
  readonly step: number; // of the state; NaN before the first
  /** Overwrites the copy with the run's state. */
  take(): void;
  /** Overwrites the run's state with the copy; time, threads and the best loss go on. */
  restore(): void;
  /** The copy as a checkpoint holds it. */
  state(): SavedState;
  /** Overwrites the copy with one that a checkpoint held. */
  fill(state: SavedState): void;
}

/** Holds its copies outside the arena: 8 bytes a parameter and as many for each state vector of the optimizer. */
export function createSnapshot(arena: Arena, progress: Progress, log: EpochLog): Snapshot {
  const { theta, state, scalars, scheduleState } = arena;
  const live = [theta, ...state, scalars, scheduleState];
  const kept = live.map((array) => new Float64Array(array.length));
  let counters: SavedState['counters'] = { step: Number.NaN, samples: 0, epochs: 0 };
  let epochSums: readonly number[] = [];

  return {
    get step() {
      return counters.step;
    },
    take() {
      for (const [k, array] of live.entries()) kept[k].set(array);
      const { step, samples, validation } = progress;
      const { epochs, sums } = log.mark();
      counters = { step, samples, epochs, ...(validation === undefined ? {} : { validation }) };
      epochSums = sums;
    },
    restore() {
      for (const [k, array] of live.entries()) array.set(kept[k]);
      const { epochs, ...rest } = counters;
      delete progress.validation;
      Object.assign(progress, rest);
      log.goBack({ epochs, sums: epochSums });
    },
    state() {
      const slots = state.length;
      return {
        counters,
        parameters: kept[0],
        state: kept.slice(1, 1 + slots),
        scalars: kept[1 + slots],
        scheduleState: kept[2 + slots],
        epochSums: Float64Array.from(epochSums),
      };
    },
    fill(saved) {
      const arrays = [saved.parameters, ...saved.state, saved.scalars, saved.scheduleState];
      for (const [k, array] of arrays.entries()) kept[k].set(array);
      counters = saved.counters;
      epochSums = [...saved.epochSums];
    },
  };
}
