import {
  type Elements,
  type ElementsOf,
  type ElementType,
  type NetworkSpec,
  OptionError,
  type Pausable,
} from '@gradloom/core';
import { checkFloat32, option, reasonOf, show } from '@gradloom/core/internal';
import type { DataSplits } from '../../data/dataset.ts';
import type { Evaluation } from '../../engine/evaluation/evaluate-dataset.ts';
import { RING } from '../../engine/memory/arena.ts';
import { cloneArray, inTurns } from '../../system/turns/in-turns.ts';
import type { Checkpoint, RunArrays } from '../checkpoints/checkpoint.ts';
import { type CurrentState, currentState } from '../checkpoints/checkpointer.ts';
import { recordOf } from '../checkpoints/resume.ts';
import { endTogether } from '../lockstep/do-together.ts';
import { isDone } from './early-stopping.ts';
import { evaluate } from './evaluate-epoch.ts';
import type { TrainEvent } from './events.ts';
import { finish } from './finish.ts';
import { advance, startRun } from './loop.ts';
import { acquireResources, prepareWith, reserve } from './open-run.ts';
import type { OptionsFor, TrainOptions } from './options.ts';
import type { TrainResult } from './results.ts';
import { isAborted, type RunState } from './state.ts';

/** Result of some steps. */
export interface TrainerStep {
  /** Steps done since the start of the run. */
  readonly step: number;
  /** Steps done by this call: fewer than asked for at the end of the run. */
  readonly count: number;
  /** Training loss: the mean over these steps, each before its update. */
  readonly loss: number;
  /** Gradient norm before clipping: the mean over these steps. */
  readonly gradientNorm: number;
  /** Learning rate of the last step. */
  readonly learningRate: number;
}

/**
 * A run controlled step by step, for a custom training loop. Its steps are those of `train`, on the same threads and
 * bit-identical. Await each call before the next.
 */
export interface Trainer<T extends ElementType = ElementType> {
  /** Steps done so far. */
  readonly steps: number;
  /** Steps of the whole run. */
  readonly totalSteps: number;
  /** Steps per epoch. */
  readonly stepsPerEpoch: number;
  /** Whether nothing is left to do: all steps are done, the run stopped early, or `signal` has ended it. */
  readonly isDone: boolean;
  /**
   * Does the next steps. One call for many steps is faster than many calls for one: each starts the threads, which
   * takes 1 to 3 ms. Completed epochs are evaluated and reported to `onEvent`, as by `train`.
   * @param count how many @default 1
   * @throws TrainingError (rejects) for a step that is not finite; Error if threads fail too often, or no steps are
   * left.
   */
  step(count?: number): Promise<TrainerStep>;
  /**
   * Evaluates a set with the current weights, or with their average if `ema` is set. Changes nothing.
   * @throws Error (rejects) if the run does not have this set.
   */
  evaluate(part?: 'validation' | 'test'): Promise<Evaluation>;
  /** Sets the learning rate from the next step on, which checkpoints store; null returns to optimizer and schedule. */
  setRate(rate: number | null): void;
  /** A copy of the current weights [P], layer by layer, W then b; not their average, even if `ema` is set. */
  parameters(): Promise<ElementsOf<T>>;
  /** A copy of the whole state, for `resume` of `createTrainer` or `train`. */
  state(): Promise<Checkpoint>;
  /** Ends the run as `train` does: evaluates the test set, writes the last checkpoint, ends the threads. */
  finish(): Promise<TrainResult<T>>;
  /** Ends the threads without finishing the run. Safe to call twice, and after `finish`. */
  close(): Promise<void>;
}

/**
 * Opens a run whose steps you call yourself. Takes the options of `train`; `threads: 'auto'` uses all threads that have
 * work.
 *
 * ```ts
 * const trainer = await createTrainer(spec, data, { epochs: 20 });
 * while (!trainer.isDone) {
 *   const { loss } = await trainer.step(10);
 *   if (loss < 0.1) trainer.setRate(1e-4);
 * }
 * const result = await trainer.finish();
 * ```
 *
 * @throws Error (rejects) as `train` does for options and shapes that do not fit, before any thread exists.
 */
export async function createTrainer<T extends ElementType = 'float64'>(
  spec: NetworkSpec,
  data: DataSplits,
  options: OptionsFor<T> = {},
): Promise<Trainer<T>> {
  const runOptions = options as TrainOptions; // whose onEvent takes events of either type
  const reservation = reserve(runOptions);
  const onEvent = runOptions?.onEvent;
  const emit = (event: TrainEvent): void => onEvent?.(event);
  try {
    if (runOptions?.minutes !== undefined) {
      const problem = `has ${show(runOptions.minutes)}, expected steps or epochs (the calls of a trainer take their own time)`;
      throw new OptionError('createTrainer', 'minutes', problem);
    }
    reservation.holdPool();
    const preparedRun = await prepareWith(spec, data, runOptions, emit);
    // Spans of a few steps do not show which number of threads is fastest.
    const run = { ...preparedRun, plan: { ...preparedRun.plan, tunesThreads: false } };
    const { resources, close } = await acquireResources(run);
    try {
      const state = await startRun(run, resources);
      return trainerOf(state, () => close().finally(reservation.release)) as Trainer<T>; // the type in the options
    } catch (error) {
      await close();
      throw error;
    }
  } catch (error) {
    await endTogether(reservation.cluster, error);
    reservation.release();
    throw error;
  }
}

function trainerOf(state: RunState, release: () => Promise<void>): Trainer {
  const { plan, arena, progress } = state;
  const { totalSteps, stepsPerEpoch } = plan.context;
  let pendingCall: string | null = null; // name of the pending call
  let endReason: string | null = null; // reason why no more calls are possible
  let closing: Promise<void> | undefined;

  const isOver = (): boolean => isDone(plan, progress) || isAborted(state);

  function checkIdle(call: string): void {
    if (endReason !== null) throw new Error(`${call}: the trainer ${endReason}, expected an open one`);
    if (pendingCall !== null)
      throw new Error(`${call}: ${pendingCall} has not ended, expected one call at a time (await it)`);
  }

  /** Runs `work` if no other call is pending. A failure ends the trainer. */
  async function runAlone<T>(call: string, work: () => Promise<T>): Promise<T> {
    checkIdle(call);
    pendingCall = call;
    try {
      return await work();
    } catch (error) {
      endReason = `has failed (${reasonOf(error)})`;
      await endTogether(plan.cluster, error);
      throw error;
    } finally {
      pendingCall = null;
      if (endReason !== null) await close();
    }
  }

  async function close(): Promise<void> {
    endReason ??= 'has been closed';
    closing ??= release();
    await closing;
  }

  async function takeSteps(count: number): Promise<TrainerStep> {
    const first = progress.step;
    const until = Math.min(totalSteps, first + count);
    const [losses, norms]: [number[], number[]] = [[], []];
    while (progress.step < until && !isOver()) {
      const spanStart = progress.step;
      await advance(state, until);
      // After a rollback, steps are repeated, possibly from before the first of this call.
      losses.length = norms.length = Math.max(0, Math.min(losses.length, progress.step - first));
      for (let k = 0; spanStart + k < progress.step; k++) {
        if (spanStart + k < first) continue;
        losses.push(arena.losses[k]);
        norms.push(arena.norms[k]);
      }
    }
    const { step } = progress;
    const learningRate = arena.learningRates[(step - 1) % RING];
    return { step, count: losses.length, loss: meanOf(losses), gradientNorm: meanOf(norms), learningRate };
  }

  return {
    get steps() {
      return progress.step;
    },
    totalSteps,
    stepsPerEpoch,
    get isDone() {
      return isOver();
    },
    async step(count = 1) {
      option.positiveInteger.check('step', 'count', count);
      checkIdle('step');
      if (isOver()) {
        const problem = `has done ${progress.step} of ${totalSteps} steps and ends there, expected one that goes on`;
        throw new Error(`step: the trainer ${problem} (look at isDone)`);
      }
      return await runAlone('step', () => takeSteps(count));
    },
    async evaluate(part = 'validation') {
      if (part !== 'validation' && part !== 'test') {
        throw new OptionError('evaluate', 'part', `has ${String(part)}, expected validation or test`);
      }
      if (plan.data[part] === undefined) {
        throw new Error(`evaluate: the run has no ${part} set, expected one in its data`);
      }
      const evaluation = await runAlone('evaluate', () => evaluate(state, part));
      return evaluation as Evaluation; // the set exists, so there is a result
    },
    setRate(rate) {
      checkIdle('setRate');
      if (rate !== null) {
        option.nonNegative.check('setRate', 'rate', rate);
        // Like a schedule's, the rate may become 0.
        if (plan.elementType === 'float32' && Math.fround(rate) !== 0) checkFloat32('setRate', 'rate', rate);
      }
      // Only steps whose rate is not written yet take it.
      if (rate === null) delete progress.rate;
      else progress.rate = rate;
    },
    parameters: () => runAlone('parameters', () => inTurns(cloneArray(arena.theta))),
    state: () =>
      runAlone('state', async () => {
        const record = state.record ?? (await inTurns(recordOf(plan, plan.data, state.setup.backend)));
        const { network, checkpoint } = plan;
        const metadata = await state.lockstep.fromFirst(checkpoint?.metadata ?? {});
        const current = (await currentState(state, true)) as CurrentState; // on all ranks
        return await inTurns(copyCheckpoint({ spec: network.spec, ...current, record, metadata }));
      }),
    async finish() {
      const result = await runAlone('finish', () => finish(state));
      await close();
      return result;
    },
    close,
  };
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A deep copy of a state, whose arrays a run continues to change. */
function* copyCheckpoint({ arrays, earlier, best, progress, ...rest }: Checkpoint): Pausable<Checkpoint> {
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
