import type { Arena } from './arena.ts';

/** The state of a run at the start of a span: what a failure in the middle of the span goes back to. */
export interface Snapshot {
  /** Overwrites the snapshot with the arena's state. */
  take(): void;
  /** Overwrites the arena's state with the snapshot. */
  restore(): void;
}

/** Holds its copies outside the arena: 8 bytes a parameter and as many for each state vector of the optimizer. */
export function createSnapshot({ theta, state, scalars, scheduleState }: Arena): Snapshot {
  const live = [theta, ...state, scalars, scheduleState];
  const kept = live.map((array) => new Float64Array(array.length));
  return {
    take() {
      for (const [k, array] of live.entries()) kept[k].set(array);
    },
    restore() {
      for (const [k, array] of live.entries()) array.set(kept[k]);
    },
  };
}
