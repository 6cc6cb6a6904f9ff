import type { Elements, ElementType, Pausable } from '@gradloom/core';
import { createElements, findNotFinite, typeOf } from '@gradloom/core/internal';
import type { Lockstep } from '../../cluster/lockstep.ts';
import { sharedArrays } from '../../data/number-types.ts';
import type { Arena } from '../../engine/memory/arena.ts';
import { cloneArray, copyArray, inTurns } from '../../system/turns/in-turns.ts';
import type { Progress, SavedState } from '../checkpoints/checkpoint.ts';
import { restoreArrays, type StateShares } from '../lockstep/state-shares.ts';
import type { EpochLog } from '../run/epoch-log.ts';

/** States that a run can restore: the one before the span, and one from which the start of the epoch can be reached. */
export interface History {
  readonly parameters: Elements; // the weights [P] of the saved state
  /** Saves the state between two spans. */
  save(): Pausable<void>;
  /** Restores the saved state. */
  restore(): Pausable<void>;
  /** After a span: keeps the saved state to replay step `start` of the epoch from, unless it is after that step. */
  keepForReplay(start: number): void;
  /** Restores the newest state at or before `step`. Returns false if there is none. */
  restoreBefore(step: number): Pausable<boolean>;
  /** The kept state at or before step `start`, for a checkpoint, in shared memory; undefined if none is needed. */
  savedBefore(start: number): SavedState | undefined;
  /** Hands the saved weights [P], or their moving average, to the caller; nothing can be saved afterwards. */
  handOut(): Pausable<Elements>;
}

/** With `keepsEpoch`, keeps a second copy to replay the epoch from. `savedState` is that of rank 0's checkpoint. */
export async function createHistory(
  arena: Arena,
  progress: Progress,
  log: EpochLog,
  keepsEpoch: boolean,
  shares: StateShares,
  savedState?: SavedState,
): Promise<History> {
  // In shared memory if a thread writes it into a checkpoint; otherwise not, since V8 does not count shared memory and
  // that of many short runs would pile up.
  const create = () =>
    createSnapshot(arena, progress, log, keepsEpoch ? (type, length) => sharedArrays[type](length) : undefined);
  let beforeSpan = create();
  let beforeEpoch: Snapshot | undefined;
  if (savedState !== undefined && keepsEpoch) {
    beforeEpoch = create();
    await beforeEpoch.load(savedState, shares);
  }

  return {
    get parameters() {
      return beforeSpan.parameters;
    },
    save: () => beforeSpan.save(),
    restore: () => beforeSpan.restore(),
    keepForReplay(start) {
      // If a span began in the middle of an epoch, its start is reached by replaying from an earlier state.
      if (!keepsEpoch || beforeSpan.step > start) return;
      [beforeSpan, beforeEpoch] = [beforeEpoch ?? create(), beforeSpan];
    },
    *restoreBefore(step) {
      const state = [beforeSpan, beforeEpoch].find((snapshot) => snapshot !== undefined && snapshot.step <= step);
      if (state === undefined) return false;
      yield* state.restore();
      return true;
    },
    savedBefore(start) {
      if (progress.step === start || beforeEpoch === undefined || beforeEpoch.step > start) return undefined;
      return beforeEpoch.state();
    },
    *handOut() {
      // Shared memory is copied before it is handed out: posting it to a thread would share it.
      return keepsEpoch ? yield* cloneArray(beforeSpan.evaluatedTheta) : beforeSpan.evaluatedTheta;
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

/** A copy of the state of a run between two spans. */
interface Snapshot {
  readonly step: number; // step of the saved state; NaN before the first
  readonly parameters: Elements; // [P] saved weights
  readonly evaluatedTheta: Elements; // [P] the saved weights or their moving average
  /** Overwrites the copy with the run's state. */
  save(): Pausable<void>;
  /** Overwrites the state of the run with the copy; time, threads and the best loss are kept. */
  restore(): Pausable<void>;
  /** The saved state in the form of a checkpoint. */
  state(): SavedState;
  /** Overwrites the copy with a state from rank 0's checkpoint. */
  load(state: SavedState, shares: StateShares): Promise<void>;
}

/** Allocates the copies outside of the arena: one of the weights, and one of each state vector of the optimizer. */
function createSnapshot(
  arena: Arena,
  progress: Progress,
  log: EpochLog,
  allocate: (type: ElementType, length: number) => Elements = createElements,
): Snapshot {
  const { theta, state, scalars, scheduleState } = arena;
  const liveArrays = [theta, ...state, scalars, scheduleState];
  const copies = liveArrays.map((array) => allocate(typeOf(array), array.length));
  const [thetaCopy] = copies;
  const stateCopies = copies.slice(1, 1 + state.length);
  const [scalarsCopy, scheduleCopy] = copies.slice(1 + state.length) as Float64Array[];
  let counters: SavedState['counters'] = { step: Number.NaN, samples: 0, epochs: 0 };
  let epochSums: readonly number[] = [];

  return {
    get step() {
      return counters.step;
    },
    parameters: thetaCopy,
    evaluatedTheta: copies[liveArrays.indexOf(arena.evaluatedTheta)],
    *save() {
      for (const [k, array] of liveArrays.entries()) yield* copyArray(copies[k], array);
      const { step, samples, validation } = progress;
      const { epochs, sums } = log.mark();
      counters = { step, samples, epochs, ...(validation === undefined ? {} : { validation }) };
      epochSums = sums;
    },
    *restore() {
      for (const [k, array] of liveArrays.entries()) yield* copyArray(array, copies[k]);
      const { epochs, ...savedProgress } = counters;
      delete progress.validation;
      Object.assign(progress, savedProgress);
      log.goBack({ epochs, sums: epochSums });
    },
    state() {
      return {
        counters,
        parameters: thetaCopy,
        state: stateCopies,
        scalars: Float64Array.from(scalarsCopy),
        scheduleState: Float64Array.from(scheduleCopy),
        epochSums: Float64Array.from(epochSums),
      };
    },
    async load(savedState, shares) {
      const arrays = { theta: thetaCopy, state: stateCopies, scalars: scalarsCopy, scheduleState: scheduleCopy };
      await restoreArrays(arrays, savedState, shares);
      counters = savedState.counters;
      epochSums = [...savedState.epochSums];
    },
  };
}
