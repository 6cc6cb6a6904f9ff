import type { ElementType, NetworkSpec } from '@gradloom/core';
import type { DataSplits } from '../../data/dataset.ts';
import { endTogether } from '../lockstep/do-together.ts';
import { createEventStream } from './event-stream.ts';
import type { SteerAction, SteerEvent, TrainEvent } from './events.ts';
import { finishedRun } from './finish.ts';
import { runSteps } from './loop.ts';
import { measuredSteps } from './measured-steps.ts';
import { acquireResources, copyOptions, prepareWith, reserve } from './open-run.ts';
import { copyJson, type OptionsFor, type TrainOptions } from './options.ts';
import { checkSplits } from './refuse-conflicts.ts';
import type { TrainResult } from './results.ts';
import { createSteering, type Steering } from './steering.ts';

/**
 * A run in the background. `await run` gives its result, `for await (const event of run)` reads its events; a program
 * may do both, in any order. Like every promise, a run that an async function returns is awaited.
 *
 * Rejects with an Error for options and shapes that do not fit, with a TrainingError for a loss or gradient that is not
 * finite, with a FolderInUseError if another run writes to the checkpoint folder, and with an Error if threads fail too
 * often or a checkpoint cannot be written.
 */
export interface TrainingRun<T extends ElementType = ElementType>
  extends Promise<TrainResult<T>>,
    AsyncIterable<TrainEvent<T>, undefined> {
  /**
   * Steers the run: 'pause' and 'continue', 'rate' for a learning rate in place of the optimizer's, 'checkpoint' to
   * write one, 'stop' to end as `signal` does. Resolves when this has taken hold, between two spans of steps, to the
   * event that says after which step. A changed rate is recorded in the checkpoint that is then written; a run with
   * these `rateChanges` comes to the same bits. With `cluster`, rank 0 steers all ranks.
   * @throws Error (rejects) if the run has ended, or cannot do this.
   */
  steer(action: SteerAction, rate?: number): Promise<SteerEvent>;
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
 * The run never waits for a reader: an event that is not read in time is replaced by newer ones. A failure is thrown
 * where the run is awaited and where its events are read; one of them is enough. A program that leaves the loop over
 * the events early has to await the run to hear of a later failure. The failure of a run that is neither awaited nor
 * read is an unhandled rejection, as with any promise, which ends a Node process.
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
    const typedEvent = event as TrainEvent<T>; // of the type in the options, like the result
    onEvent?.(typedEvent);
    events.push(typedEvent);
  };
  const result = runTraining(spec, data, options as TrainOptions, emit, steering) as Promise<TrainResult<T>>;
  const run = result.finally(() => result.then(events.end, events.fail));
  return Object.assign(run, {
    steer: steering.steer,
    [Symbol.asyncIterator]() {
      run.catch(() => {}); // a failure is thrown to the reader of the events instead
      return events.iterate();
    },
  });
}

async function runTraining(...run: Parameters<typeof runOnce>): Promise<TrainResult> {
  const [spec, data, options, emit, steering] = run;
  const reservation = reserve(options);
  try {
    reservation.holdPool();
    if (options?.minutes === undefined) return await runOnce(...run);
    // Copied, since the caller may change these objects while the time of a step is measured.
    const [network, splits, copy] = [copyJson(spec), checkSplits(data), copyOptions(options)];
    const measuredOptions = await measuredSteps(network, splits, copy, (...trial) =>
      runOnce(...trial, trial[2].onEvent ?? emit, createSteering()),
    );
    return await runOnce(network, splits, measuredOptions, emit, steering);
  } catch (error) {
    await endTogether(reservation.cluster, error);
    throw error;
  } finally {
    steering.close();
    reservation.release();
  }
}

/** Runs with the resources that are reserved. */
async function runOnce(
  spec: NetworkSpec,
  data: DataSplits,
  options: TrainOptions,
  emit: (event: TrainEvent) => void,
  steering: Steering,
): Promise<TrainResult> {
  const run = await prepareWith(spec, data, options, emit);
  const finishedResult = await finishedRun(run);
  if (finishedResult !== null) return finishedResult;
  const { resources, close } = await acquireResources(run, steering);
  try {
    return await runSteps(run, resources);
  } finally {
    await close();
  }
}
