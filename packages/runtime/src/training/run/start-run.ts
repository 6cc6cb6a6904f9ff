import { leafCount } from '@gradloom/core/internal';
import { cloneArray, inTurns } from '../../system/turns/in-turns.ts';
import type { Progress } from '../checkpoints/checkpoint.ts';
import { restoreArrays } from '../checkpoints/restore-arrays.ts';
import { clusterFacts } from './cluster-facts.ts';
import { isDone } from './early-stopping.ts';
import { createEpochLog } from './epoch-log.ts';
import type { TrainEvent } from './events.ts';
import type { OpenedRun } from './open-run.ts';
import type { RunPlan } from './plan.ts';
import type { PreparedRun } from './prepare.ts';
import type { TrainResult } from './results.ts';
import { trainingResult } from './training-result.ts';

/** The result of a run whose checkpoint is already complete; null if there is something left to do. */
export async function finishedRun(run: OpenedRun): Promise<TrainResult | null> {
  const { plan, setup, arena, shares, notices } = run;
  const { resume, totalEpochs } = plan;
  if (resume === null || !isDone(plan, resume.progress)) return null;
  const { progress } = resume;
  if (plan.data.test !== undefined && progress.test === undefined) return null;
  await restoreArrays(arena, resume.arrays, shares);
  notices.emit(startEvent(run, progress));
  const epochLog = createEpochLog(totalEpochs, resume.arrays);
  if (resume.best !== undefined) await shares.spread(arena.model, resume.best);
  const parameters = await inTurns(cloneArray(arena.model));
  return await inTurns(trainingResult({ plan, setup, parameters, progress, epochLog, test: progress.test }));
}

export function startEvent({ plan, setup, plannedBytes }: PreparedRun, { step, threads }: Progress): TrainEvent {
  const { network, batch, context, tunesThreads, elementType: precision } = plan;
  const { backend } = setup;
  const leaves = leafCount(batch, plan.leaf);
  const start = { type: 'start', parameters: network.parameterCount, threads, tunesThreads } as const;
  const facts = clusterFacts(plan);
  return { ...start, ...facts, leaves, batch, backend, precision, plannedBytes, ...context, step };
}

/**
 * Progress of the checkpoint, with this process's number of threads. A shorter run's evaluation of the test set is
 * dropped.
 */
export function startingProgress({ resume, threads }: RunPlan): Progress {
  if (resume === null) return { step: 0, samples: 0, elapsedMs: 0, threads, gradientThreads: 0 };
  const { test: _, ...progress } = resume.progress;
  return { ...progress, threads };
}
