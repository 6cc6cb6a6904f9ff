import type { ElementType, NetworkSpec } from '@gradloom/core';
import type { DataSplits } from '../../data/dataset.ts';
import { endTogether } from '../lockstep/do-together.ts';
import { createEventStream } from './event-stream.ts';
import type { SteerAction, SteerEvent, TrainEvent } from './events.ts';
import { runSteps } from './loop.ts';
import { hold, prepareWith, takeSurroundings } from './open-run.ts';
import type { OptionsFor, TrainOptions } from './options.ts';
import type { TrainResult } from './results.ts';
import { finishedRun } from './start-run.ts';
import { createSteering, type Steering } from './steering.ts';

/**
 * A run in the background: read its events (`for await (const event of run)`), await its result (`await run.result`),
 * or both.
 */
export interface TrainingRun<T extends ElementType = ElementType> extends AsyncIterable<TrainEvent<T>, undefined> {
  /**
   * The result. Rejects with an Error for options and shapes that do not fit, with a TrainingError for a loss or
   * gradient that is not finite, with a FolderInUseError if another run writes to the checkpoint folder, and with an
   * Error if threads fail too often or a checkpoint cannot be written.
   */
  readonly result: Promise<TrainResult<T>>;
  /**
   * Steers the run: 'pause' and 'continue', 'rate' for a learning rate in place of the optimizer's, 'checkpoint' to
   * write one, 'stop' to end as `signal` does. Resolves when this has taken hold, between two spans of steps, to the
   * event that says after which step. A changed rate is recorded in the checkpoint that is then written; a run with
   * these `rateChanges` comes to the same bits. With `cluster`, rank 0 steers all ranks.
   * @throws Error (rejects) if the run has ended, or cannot do this.
   */
  steer(action: SteerAction, rate?: number): Promise<SteerEvent>;
  /**
   * Not a promise: the compiler refuses `await run`, and in JavaScript it rejects with an error that names
   * `run.result`. An async function awaits what it returns, so it cannot return a run either: return `run.result`, or
   * an object that contains the run.
   */
  then(awaitRunResultInstead: never, notTheRunItself: never): never;
}

/**
 * Trains a network on `data.train`; worker threads divide the leaves of each batch. Evaluates `data.validation` every
 * few epochs and `data.test` at the end. The number of threads never changes the result.
 *
 * Returns at once, and does not block the process: its own work takes some milliseconds at a time, and longer work is
 * done by the threads. `spec`, `data` and `options` may change after it has returned, except for the numbers in arrays:
 * `parameters` are read until the 'start' event, and rows until the run ends.
 *
 * The memory of the run is planned and compared with what is available (see `limitMemory`) before any is allocated.
 *
 * The run never waits for a reader: an event that is not read in time is replaced by newer ones. A failure rejects both
 * the result and the iterator; neither has to be used.
 * @throws nothing itself; rejects with an Error for options and shapes that do not fit, before any thread exists, with
 * a TrainingError for a loss or gradient that is not finite, and with an Error if a thread fails.
 */
export function train<T extends ElementType = 'float64'>(
  spec: NetworkSpec,
  data: DataSplits,
  options: OptionsFor<T> = {},
): TrainingRun<T> {
  const events = createEventStream<TrainEvent<T>>();
  const onEvent = options?.onEvent;
  const steering = createSteering();
  const emit = (event: TrainEvent): void => {
    const typed = event as TrainEvent<T>; // of the type in the options, like the result
    onEvent?.(typed);
    events.push(typed);
  };
  const result = runTraining(spec, data, options as TrainOptions, emit, steering) as Promise<TrainResult<T>>;
  result.then(events.end, events.fail);
  // biome-ignore lint/suspicious/noThenProperty: it rejects with a helpful message if awaited.
  return { result, steer: steering.steer, [Symbol.asyncIterator]: events.iterate, then: refuseAwait };
}

/** Without it, `await run` would return the run itself instead of its result. */
function refuseAwait(_resolve: unknown, reject: (error: Error) => void): never {
  const returned = 'an async function that returns a run awaits it too: return run.result, or { run }';
  reject(new Error(`train: await has the run itself, expected its result (await run.result; ${returned})`));
  return undefined as never;
}

async function runTraining(
  spec: NetworkSpec,
  data: DataSplits,
  options: TrainOptions,
  emit: (event: TrainEvent) => void,
  steering: Steering,
): Promise<TrainResult> {
  const held = hold(options);
  try {
    held.holdPool();
    const run = await prepareWith(spec, data, options, emit);
    const finished = await finishedRun(run);
    if (finished !== null) return finished;
    const { surroundings, close } = await takeSurroundings(run, steering);
    try {
      return await runSteps(run, surroundings);
    } finally {
      await close();
    }
  } catch (error) {
    await endTogether(held.cluster, error);
    throw error;
  } finally {
    steering.close();
    held.release();
  }
}
