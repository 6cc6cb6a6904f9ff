import type { Arena } from '../../engine/memory/arena.ts';
import type { RunSetup } from '../../engine/threads/protocol.ts';
import { epochStart, type History } from '../faults/history.ts';
import type { StateShares } from '../lockstep/state-shares.ts';
import type { EarlyStopping } from '../run/early-stopping.ts';
import type { EpochLog } from '../run/epoch-log.ts';
import type { RunPlan } from '../run/plan.ts';
import type { Checkpoint, Progress } from './checkpoint.ts';

/** Sources of a run's state. */
export interface StateSources {
  readonly plan: RunPlan;
  readonly setup: RunSetup;
  readonly arena: Arena;
  readonly shares: StateShares;
  readonly progress: Progress;
  readonly epochLog: EpochLog;
  readonly history: History;
  readonly early: EarlyStopping | null;
}

/** A checkpoint without the parts that never change in a run. */
export type CurrentState = Omit<Checkpoint, 'spec' | 'record' | 'metadata'>;

/**
 * The state of a run between two spans, for a checkpoint. The arrays are those of the run itself, not copies, completed
 * by the state that other ranks hold. Returned on rank 0, or with `forAll` on all ranks; null elsewhere.
 */
export async function currentState(
  { plan, setup, arena, shares, progress, epochLog, history, early }: StateSources,
  forAll = false,
): Promise<CurrentState | null> {
  const { theta: parameters, scalars, scheduleState } = arena;
  const { preprocessing } = plan.data.train;
  const saved = history.saved(epochStart(progress.step, plan.context.stepsPerEpoch));
  const state = await shares.gather(arena.state, 'current', forAll);
  const earlierState = saved === undefined ? null : await shares.gather(saved.state, 'earlier', forAll);
  if (state === null) return null;
  const earlier = saved === undefined || earlierState === null ? undefined : { ...saved, state: earlierState };
  return {
    loss: setup.loss,
    progress,
    arrays: { parameters, state, scalars, scheduleState, ...epochLog.state() },
    ...(preprocessing === undefined ? {} : { preprocessing }),
    ...(earlier === undefined ? {} : { earlier }),
    ...(early?.best === undefined ? {} : { best: early.best }),
  };
}
