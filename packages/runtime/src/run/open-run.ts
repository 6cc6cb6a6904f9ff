import type { NetworkSpec } from '@gradloom/core';
import { takeCheckpointPlace } from '../checkpoints/checkpoint-folder.ts';
import { checkResume, recordOf } from '../checkpoints/resume.ts';
import type { DataSplits } from '../datasets/dataset.ts';
import { loadModules } from '../own/load-parts.ts';
import { createPool, isPool } from '../threads/pool.ts';
import { inTurns } from '../turns/in-turns.ts';
import { checkSplits } from './check-splits.ts';
import { copyJson } from './copy-json.ts';
import type { TrainEvent } from './events.ts';
import type { TrainOptions } from './options.ts';
import { planRunInTurns, type RunPlan } from './plan.ts';
import { type PreparedRun, prepareRunInTurns } from './prepare.ts';
import type { RunSurroundings } from './state.ts';
import { backendWarnings } from './warnings.ts';

/** Holds the pool at once, so that `pool.close()` right after the call waits for this run. Returns what lets it go. */
export const holdPool = (options: TrainOptions | undefined): (() => void) =>
  isPool(options?.pool) ? options.pool.hold() : () => {};

/** The run with its memory, checked against what it resumes from; emits its warnings. */
export async function prepareWith(
  spec: NetworkSpec,
  data: DataSplits,
  options: TrainOptions,
  emit: (event: TrainEvent) => void,
): Promise<PreparedRun> {
  const asked = await planned(spec, data, options);
  const run = await inTurns(prepareRunInTurns(asked, asked.data));
  const { plan } = run;
  if (plan.resume !== null) {
    const record = await inTurns(recordOf(plan, plan.data, run.setup.backend));
    await inTurns(checkResume(plan, record, plan.resume));
  }
  const warnings = [...plan.warnings, ...backendWarnings(plan.backend, run.setup.backend)];
  for (const message of warnings) emit({ type: 'warning', message });
  return run;
}

/** The threads of a run and the place of its checkpoints; `close` gives both back. */
export async function takeSurroundings(
  { plan, setup }: PreparedRun,
  emit: (event: TrainEvent) => void,
): Promise<{ surroundings: RunSurroundings; close: () => Promise<void> }> {
  const place = plan.checkpoint === null ? null : takeCheckpointPlace(plan.checkpoint.folder);
  try {
    const pool = plan.pool ?? (await createPool({ threads: plan.threads }));
    pool.live.add(setup.run);
    return {
      surroundings: { pool, place, emit },
      async close() {
        pool.live.delete(setup.run);
        try {
          if (plan.pool === undefined) await pool.destroy();
        } finally {
          place?.release();
        }
      },
    };
  } catch (error) {
    place?.release();
    throw error;
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
