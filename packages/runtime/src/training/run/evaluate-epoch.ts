import type { Evaluation } from '../../engine/evaluation/evaluate-dataset.ts';
import { evaluateDataset } from '../../engine/evaluation/evaluate-dataset.ts';
import { inTurns } from '../../system/turns/in-turns.ts';
import { orGiveUp } from '../faults/give-up.ts';
import type { EpochEvent } from './events.ts';
import type { RunState } from './state.ts';
import { lossWarning } from './warnings.ts';
import { weightedLoss } from './weighted-loss.ts';

/** Of an epoch that is evaluated. */
export type Evaluations = Pick<EpochEvent, 'validation' | 'test'>;

/** Whether the epoch that ends with step `step` is evaluated. */
export function isEvaluated({ plan }: RunState, step: number): boolean {
  const { data, evaluateTest, evaluateEvery, context } = plan;
  const isAny = data.validation !== undefined || evaluateTest;
  return isAny && (epochOf(step, context.stepsPerEpoch) % evaluateEvery === 0 || step === context.totalSteps);
}

/** The epoch, counted from 1, that step `step` ends or lies in. */
export const epochOf = (step: number, stepsPerEpoch: number): number => Math.ceil(step / stepsPerEpoch);

export async function evaluateEpoch(state: RunState): Promise<Evaluations> {
  const { plan, progress, early, keeper } = state;
  const evaluation = await evaluate(state, 'validation');
  if (evaluation !== undefined) {
    progress.validation = evaluation;
    const watched = evaluation.weightedLoss ?? evaluation.loss;
    if (early === null) keeper?.watch(watched);
    else if (await inTurns(early.note(evaluation))) keeper?.improve(watched);
  }
  const { validation } = progress;
  const test = plan.evaluateTest ? await evaluate(state, 'test') : undefined;
  return { ...(validation === undefined ? {} : { validation }), ...(test === undefined ? {} : { test }) };
}

/** Undefined where the run has no such rows. */
export async function evaluate(state: RunState, part: 'validation' | 'test'): Promise<Evaluation | undefined> {
  const { pool, plan, setup, lockstep, means, progress, recovery, warned, emit } = state;
  const dataset = plan.data[part];
  if (dataset === undefined) return undefined;
  const { step } = progress;
  const { network, loss, threads } = plan;
  const attempt = <T>(work: () => Promise<T>) => recovery.attempt(step, work);
  const { weighing } = plan;
  const weighted = weighing === null ? null : weightedLoss(loss, dataset, weighing, plan.elementType);
  const scaledReaders = weighted === null ? [] : [weighted];
  const threadsOf = plan.ranks?.threadsOf ?? [threads];
  const run = { network, loss, threads, chunks: means.chunks, attempt, lockstep, threadsOf, scaledReaders };
  const work = () => evaluateDataset(pool, setup, dataset, run);
  const figures = await orGiveUp(state, work, `in the evaluation after step ${step}`);
  const value = weighted === null ? Number.NaN : await lockstep.fromFirst(weighted.value());
  const evaluation = Number.isNaN(value) ? figures : { ...figures, weightedLoss: value };
  if (!Number.isFinite(evaluation.loss) && !warned.has(part)) {
    warned.add(part);
    emit({ type: 'warning', message: lossWarning(part, evaluation.loss, step) });
  }
  return evaluation;
}
