import type { NetworkSpec } from '@gradloom/core';
import { takeCheckpointPlace } from './checkpoints/checkpoint-folder.ts';
import { checkResume, recordOf } from './checkpoints/resume.ts';
import type { DataSplits } from './datasets/dataset.ts';
import { createEventStream } from './events.ts';
import type { TrainOptions } from './options.ts';
import { planRunInTurns } from './plan.ts';
import { createPool } from './pool.ts';
import { prepareRunInTurns } from './prepare.ts';
import type { TrainEvent, TrainResult } from './results.ts';
import { runEpochs } from './run.ts';
import { finishedRun } from './start-run.ts';
import { inTurns } from './turns/in-turns.ts';
import { backendWarnings } from './warnings.ts';

/** A run that goes on by itself: read its events, await its result, or both. */
export interface TrainingRun extends AsyncIterable<TrainEvent, undefined> {
  readonly result: Promise<TrainResult>;
}

/**
 * Trains a network on `data.train`, each batch cut into shards over worker threads. Evaluates `data.validation` every few
 * epochs and `data.test` in the end. The number of threads changes nothing in the result.
 *
 * Returns at once, and leaves turns to whatever else the process does: its own work takes some milliseconds at a stretch, and what
 * takes longer is done by the threads. `spec`, `data` and `options` may change once it has returned, but for the numbers in arrays:
 * those of `parameters` are read until the 'start' event, and rows until the run ends.
 *
 * What the run can take in memory is planned and held against what there is (see `limitMemory`) before anything is taken.
 *
 * The run never waits for a reader: an event that is not read in time gives way to newer ones. A failure rejects both the
 * result and the iterator; neither has to be used.
 * @throws nothing itself; rejects with an Error for options and shapes that do not fit, before any thread exists, with a
 * TrainingError at a loss or gradient that is not finite, and with an Error where a thread fails.
 */
export function train(spec: NetworkSpec, data: DataSplits, options: TrainOptions = {}): TrainingRun {
  const events = createEventStream<TrainEvent>();
  const onEvent = options?.onEvent;
  const result = runTraining(spec, data, options, (event) => {
    onEvent?.(event);
    events.push(event);
  });
  result.then(events.end, events.fail);
  return { result, [Symbol.asyncIterator]: events.iterate };
}

async function runTraining(
  spec: NetworkSpec,
  given: DataSplits,
  options: TrainOptions,
  emit: (event: TrainEvent) => void,
): Promise<TrainResult> {
  const asked = await inTurns(planRunInTurns(spec, given, options));
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
      return await runEpochs(pool, run, data, place, emit, plan.signal);
    } finally {
      pool.live.delete(run.setup.run);
      if (plan.pool === undefined) await pool.destroy();
    }
  } finally {
    place?.release();
  }
}
