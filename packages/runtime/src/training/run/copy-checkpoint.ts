import type { Elements, Pausable } from '@gradloom/core';
import { cloneArray } from '../../system/turns/arrays.ts';
import type { Checkpoint, RunArrays } from '../checkpoints/checkpoint.ts';

/** A deep copy of a state, whose arrays a run continues to change. */
export function* copyCheckpoint({ arrays, earlier, best, progress, ...rest }: Checkpoint): Pausable<Checkpoint> {
  return {
    ...rest,
    progress: structuredClone(progress),
    arrays: { ...(yield* copyArrays(arrays)), epochLosses: yield* cloneArray(arrays.epochLosses) },
    ...(earlier === undefined
      ? {}
      : { earlier: { ...(yield* copyArrays(earlier)), counters: structuredClone(earlier.counters) } }),
    ...(best === undefined ? {} : { best: yield* cloneArray(best) }),
  };
}

function* copyArrays(arrays: Omit<RunArrays, 'epochLosses'>): Pausable<Omit<RunArrays, 'epochLosses'>> {
  const state: Elements[] = [];
  for (const array of arrays.state) state.push(yield* cloneArray(array));
  return {
    parameters: yield* cloneArray(arrays.parameters),
    state,
    scalars: arrays.scalars.slice(),
    scheduleState: arrays.scheduleState.slice(),
    epochSums: arrays.epochSums.slice(),
  };
}
