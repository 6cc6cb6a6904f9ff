import type { ModelMetadata } from '@gradloom/core';
import { epochStart, type History } from '../faults/history.ts';
import type { Arena } from '../memory/arena.ts';
import type { EarlyStopping } from '../run/early-stopping.ts';
import type { EpochLog } from '../run/epoch-log.ts';
import type { RunPlan } from '../run/plan.ts';
import type { RunSetup } from '../threads/protocol.ts';
import type { Checkpoint, Progress, RunRecord } from './checkpoint.ts';

/** Where the state of a run is. */
export interface StateSources {
  readonly plan: RunPlan;
  readonly setup: RunSetup;
  readonly arena: Arena;
  readonly progress: Progress;
  readonly epochLog: EpochLog;
  readonly history: History;
  readonly early: EarlyStopping | null;
}

/** What a checkpoint says of a run between two spans, without its network. The arrays are those of the run itself. */
export function currentState(
  { plan, setup, arena, progress, epochLog, history, early }: StateSources,
  record: RunRecord,
  metadata: ModelMetadata,
): Omit<Checkpoint, 'spec'> {
  const { theta: parameters, state, scalars, scheduleState } = arena;
  const { preprocessing } = plan.data.train;
  const earlier = history.saved(epochStart(progress.step, plan.context.stepsPerEpoch));
  return {
    loss: setup.loss,
    ...{ metadata, record, progress },
    arrays: { parameters, state, scalars, scheduleState, ...epochLog.state() },
    ...(preprocessing === undefined ? {} : { preprocessing }),
    ...(earlier === undefined ? {} : { earlier }),
    ...(early?.best === undefined ? {} : { best: early.best }),
  };
}
