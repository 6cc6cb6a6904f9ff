import type { Elements, Pausable } from '@gradloom/core';
import { sharedArrays } from '../../data/number-types.ts';
import type { Evaluation } from '../../engine/evaluation/evaluate-dataset.ts';
import type { Arena } from '../../engine/memory/arena.ts';
import { cloneArray, copyArray } from '../../system/turns/in-turns.ts';
import type { EarlyProgress, EarlyRecord, Progress } from '../checkpoints/checkpoint.ts';
import type { StateShares } from '../lockstep/state-shares.ts';
import { scoreOf } from './monitors.ts';
import type { RunPlan } from './plan.ts';

/** Early stopping of a run, with its best weights so far. */
export interface EarlyStopping {
  /** Weights [P] of the best evaluation; undefined before the first. In shared memory. */
  readonly best: Elements | undefined;
  /** Counts an evaluation of the current weights, and copies them if it is the best so far. Returns whether it is. */
  recordEvaluation(evaluation: Evaluation): Pausable<boolean>;
  /** Exchanges the current weights with the best ones; a second call undoes it. */
  exchange(): Pausable<void>;
}

/** Creates early stopping; null if the run has none. The counters are in `progress`. */
export async function createEarlyStopping(
  plan: RunPlan,
  arena: Arena,
  progress: Progress,
  shares: StateShares,
): Promise<EarlyStopping | null> {
  const { early: settings, resume } = plan;
  if (settings === null) return null;
  // Shared, since the thread that writes a checkpoint also reads it.
  const bestWeights = sharedArrays[plan.elementType](arena.theta.length);
  if (resume?.best !== undefined) await shares.broadcast(bestWeights, resume.best);

  return {
    get best() {
      return progress.early?.bestStep === undefined ? undefined : bestWeights;
    },
    *recordEvaluation(evaluation) {
      const { step } = progress;
      // A rollback never goes back past an evaluation: a span ends at each, and the state after it is kept.
      const next = afterEvaluation(settings, progress.early, step, evaluation);
      const isBest = next.bestStep === step;
      if (isBest) yield* copyArray(bestWeights, arena.evaluatedTheta);
      progress.early = next;
      return isBest;
    },
    *exchange() {
      const current = yield* cloneArray(arena.evaluatedTheta);
      yield* copyArray(arena.evaluatedTheta, bestWeights);
      yield* copyArray(bestWeights, current);
    },
  };
}

/**
 * The counters after an evaluation. The best evaluation is the first with the best figure. If it beats the previous
 * best by more than `minDelta`, it is an improvement and resets the count of patience.
 */
export function afterEvaluation(
  { minDelta, monitor }: EarlyRecord,
  before: EarlyProgress | undefined,
  step: number,
  evaluation: Evaluation,
): EarlyProgress {
  const score = scoreOf(monitor, evaluation);
  const highest = scoreOf(monitor, before?.validation);
  const waitedEvaluations = score > highest + minDelta ? 0 : (before?.waited ?? 0) + 1;
  if (score > highest) return { evaluated: step, waited: waitedEvaluations, bestStep: step, validation: evaluation };
  return { ...before, evaluated: step, waited: waitedEvaluations };
}

/** Whether the run has waited long enough for an improvement. */
export const stopsEarly = ({ early }: Pick<RunPlan, 'early'>, progress: Readonly<Progress>): boolean =>
  early !== null && (progress.early?.waited ?? 0) >= early.patience;

/** Whether only the evaluation of the test set is left. */
export const isDone = (plan: RunPlan, progress: Readonly<Progress>): boolean =>
  progress.step >= plan.context.totalSteps || stopsEarly(plan, progress);
