import type { NetworkSpec } from '@gradloom/core';
import { takeCheckpointPlace } from '../checkpoints/checkpoint-folder.ts';
import { checkResume, recordOf } from '../checkpoints/resume.ts';
import type { DataSplits } from '../datasets/dataset.ts';
import { loadModules } from '../own/load-parts.ts';
import { createPool, isPool } from '../threads/pool.ts';
import { inTurns } from '../turns/in-turns.ts';
import { checkSplits } from './check-splits.ts';
import { copyJson } from './copy-json.ts';
import { createEventStream } from './event-stream.ts';
import type { TrainEvent } from './events.ts';
import { runSteps } from './loop.ts';
import type { TrainOptions } from './options.ts';
import { planRunInTurns, type RunPlan } from './plan.ts';
import { prepareRunInTurns } from './prepare.ts';
import type { TrainResult } from './results.ts';
import { finishedRun } from './start-run.ts';
import { backendWarnings } from './warnings.ts';

/**
 * A run in the background: read its events (`for await (const event of run)`), await its result (`await run.result`),
 * or both.
 */
export interface TrainingRun extends AsyncIterable<TrainEvent, undefined> {
  /**
   * The result. Rejects with an Error for options and shapes that do not fit, with a TrainingError for a loss or
   * gradient that is not finite, with a FolderInUseError if another run writes to the checkpoint folder, and with an
   * Error if threads fail too often or a checkpoint cannot be written.
   */
  readonly result: Promise<TrainResult>;
  /**
   * Not a promise: the compiler refuses `await run`, and in JavaScript it rejects with a sentence that names
   * `run.result`. An async function awaits what it returns, so it cannot return a run either: return `run.result` or `{
   * run }`.
   */
  then(awaitRunResultInstead: never, notTheRunItself: never): never;
}

/**
 * Trains a network on `data.train`, each batch cut into leaves over worker threads. Evaluates `data.validation` every
 * few epochs and `data.test` in the end. The number of threads changes nothing in the result.
 *
 * Returns at once, and does not block the process: its own work takes some milliseconds at a time, and longer work is
 * done by the threads. `spec`, `data` and `options` may change after it has returned, except for the numbers in arrays:
 * `parameters` are read until the 'start' event, and rows until the run ends.
 *
 * The memory of the run is planned and compared with what is available (see `limitMemory`) before any is taken.
 *
 * The run never waits for a reader: an event that is not read in time is replaced by newer ones. A failure rejects both
 * the result and the iterator; neither has to be used.
 * @throws nothing itself; rejects with an Error for options and shapes that do not fit, before any thread exists, with
 * a TrainingError for a loss or gradient that is not finite, and with an Error if a thread fails.
 */
export function train(spec: NetworkSpec, data: DataSplits, options: TrainOptions = {}): TrainingRun {
  const events = createEventStream<TrainEvent>();
  const onEvent = options?.onEvent;
  const result = runTraining(spec, data, options, (event) => {
    onEvent?.(event);
    events.push(event);
  });
  result.then(events.end, events.fail);
  // biome-ignore lint/suspicious/noThenProperty: it refuses to be awaited, in a sentence.
  return { result, [Symbol.asyncIterator]: events.iterate, then: refuseAwait };
}

/** Otherwise `await run` would return the run itself, as if it were its result. */
function refuseAwait(_resolve: unknown, reject: (error: Error) => void): never {
  const returned = 'an async function that returns a run awaits it too: return run.result, or { run }';
  reject(new Error(`train: await has the run itself, expected its result (await run.result; ${returned})`));
  return undefined as never;
}

/** Holds the pool at once, so that `pool.close()` right after `train` waits for this run. */
async function runTraining(
  spec: NetworkSpec,
  data: DataSplits,
  options: TrainOptions,
  emit: (event: TrainEvent) => void,
): Promise<TrainResult> {
  const release = isPool(options?.pool) ? options.pool.hold() : undefined;
  try {
    return await runPlanned(spec, data, options, emit);
  } finally {
    release?.();
  }
}

/** With the parts of modules, which are imported before anything else. */
async function planned(spec: NetworkSpec, data: DataSplits, options: TrainOptions): Promise<RunPlan> {
  const { modules } = options ?? {};
  if (!Array.isArray(modules)) return await inTurns(planRunInTurns(spec, data, options));
  // What the caller may change meanwhile.
  const [network, splits, given] = [copyJson(spec), checkSplits(data), copyOptions(options)];
  const parts = await loadModules('train', [...modules]);
  return await inTurns(planRunInTurns(network, splits, given, parts));
}

async function runPlanned(
  spec: NetworkSpec,
  given: DataSplits,
  options: TrainOptions,
  emit: (event: TrainEvent) => void,
): Promise<TrainResult> {
  const asked = await planned(spec, given, options);
  const { data } = asked;
  const run = await inTurns(prepareRunInTurns(asked, data));
  const { plan } = run;
  if (plan.resume !== null) {
    const record = await inTurns(recordOf(plan, data, run.setup.backend));
    await inTurns(checkResume(plan, record, plan.resume));
  }
  const warnings = [...plan.warnings, ...backendWarnings(plan.backend, run.setup.backend)];
  for (const message of warnings) emit({ type: 'warning', message });
  const finished = await inTurns(finishedRun(run, data, emit));
  if (finished !== null) return finished;
  const place = plan.checkpoint === null ? null : takeCheckpointPlace(plan.checkpoint.folder);
  try {
    const pool = plan.pool ?? (await createPool({ threads: plan.threads }));
    pool.live.add(run.setup.run);
    try {
      return await runSteps(run, { pool, place, emit });
    } finally {
      pool.live.delete(run.setup.run);
      if (plan.pool === undefined) await pool.destroy();
    }
  } finally {
    place?.release();
  }
}

/** The specs among the options are the only ones that are objects of JSON. */
function copyOptions(options: TrainOptions): TrainOptions {
  const { loss, optimizer, schedule } = options;
  return {
    ...options,
    ...(loss === undefined ? {} : { loss: copyJson(loss) }),
    ...(optimizer === undefined ? {} : { optimizer: copyJson(optimizer) }),
    ...(schedule === undefined ? {} : { schedule: copyJson(schedule) }),
  };
}
