import type { Elements, ElementType, Loss } from '@gradloom/core';
import { createElements, targetPositions, typeOf } from '@gradloom/core/internal';
import type { Dataset } from '../../data/dataset.ts';
import { type Evaluation, evaluateDataset } from '../../engine/evaluation/evaluate-dataset.ts';
import type { OutputReader } from '../../engine/evaluation/figures.ts';
import { lossUnit } from '../../engine/evaluation/target-units.ts';
import { inTurns } from '../../system/turns/in-turns.ts';
import { orEndRun } from '../faults/go-back.ts';
import type { EpochEvent } from './events.ts';
import { watchedLoss } from './monitors.ts';
import { type RowWeighing, weightOf } from './row-weights.ts';
import { isEvaluationStep } from './scheduled-steps.ts';
import type { RunState } from './state.ts';
import { lossWarning } from './warnings.ts';

export type Evaluations = Pick<EpochEvent, 'validation' | 'test' | 'trainAccuracy'>;

export function isEvaluated({ plan }: RunState, step: number): boolean {
  const { data, evaluateTest, evaluateEvery, context } = plan;
  const hasSet = data.validation !== undefined || evaluateTest;
  return hasSet && (isEvaluationStep(step, evaluateEvery, context.stepsPerEpoch) || step === context.totalSteps);
}

/** The epoch, counted from 1, that contains step `step` or ends with it. */
export const epochOf = (step: number, stepsPerEpoch: number): number => Math.ceil(step / stepsPerEpoch);

export async function evaluateEpoch(state: RunState): Promise<Evaluations> {
  const { plan, progress, earlyStopping, checkpointer } = state;
  const evaluation = await evaluate(state, 'validation');
  if (evaluation !== undefined) {
    progress.validation = evaluation;
    const loss = watchedLoss(evaluation);
    if (earlyStopping === null) checkpointer?.recordLoss(loss);
    else if (await inTurns(earlyStopping.recordEvaluation(evaluation))) checkpointer?.recordBest(loss);
  }
  const { validation } = progress;
  const test = plan.evaluateTest ? await evaluate(state, 'test') : undefined;
  const trainAccuracy = (await evaluate(state, 'training'))?.accuracy;
  return {
    ...(validation === undefined ? {} : { validation }),
    ...(test === undefined ? {} : { test }),
    ...(trainAccuracy === undefined ? {} : { trainAccuracy }),
  };
}

/** Evaluates a set, or the sample of the training set; undefined if the run does not have it. */
export async function evaluate(
  state: RunState,
  part: 'training' | 'validation' | 'test',
): Promise<Evaluation | undefined> {
  const { pool, plan, setup, lockstep, budget, progress, recovery, warnedDatasets, emit } = state;
  const dataset = part === 'training' ? plan.trainingSample : plan.data[part];
  if (dataset == null) return undefined;
  const { step } = progress;
  const { network, loss, threads } = plan;
  const attempt = <T>(work: () => Promise<T>) => recovery.attempt(step, work);
  const { weighing } = plan;
  // If each position of a row has a target, the threads already sum the weighted losses.
  const byPosition = targetPositions(network, loss) > 1;
  // Of several outputs the plain loss decides.
  const isSum = weighing === null || byPosition || loss.heads !== undefined;
  const weighted = isSum ? null : weightedLoss(loss, dataset, weighing[0], plan.elementType);
  const scaledReaders = weighted === null ? [] : [weighted];
  const threadsOf = plan.ranks?.threadsOf ?? [threads];
  const run = {
    network,
    loss,
    threads,
    chunks: budget.chunks,
    attempt,
    lockstep,
    threadsOf,
    scaledReaders,
    weighsPositions: weighing !== null,
  };
  const work = () => evaluateDataset(pool, setup, dataset, run);
  const figures = await orEndRun(state, work, `in the evaluation after step ${step}`);
  const value = weighted === null ? Number.NaN : await lockstep.fromFirst(weighted.value());
  const evaluation = Number.isNaN(value) ? figures : { ...figures, weightedLoss: value };
  if (!Number.isFinite(evaluation.loss) && !warnedDatasets.has(part)) {
    warnedDatasets.add(part);
    emit({ type: 'warning', message: lossWarning(part, evaluation.loss, step) });
  }
  return evaluation;
}

/**
 * The weighted mean loss of an evaluation's rows: the training objective, on other rows. Reads outputs and targets
 * before scaling: in the units of the targets a Huber loss would differ.
 */
interface WeightedLoss extends OutputReader {
  /** The mean in units of the targets; NaN if all weights are 0. */
  value(): number;
}

function weightedLoss(
  loss: Loss,
  dataset: Dataset,
  weighing: RowWeighing,
  type: ElementType, // type of the run and of y and t
): WeightedLoss {
  let [row, lossSum, weightSum] = [0, 0, 0];
  let losses = new Float64Array(0);
  let dy = createElements(type, 0);
  const inRunType = (numbers: Float64Array): Elements => {
    if (typeOf(numbers) === type) return numbers;
    const convertedNumbers = createElements(type, numbers.length);
    convertedNumbers.set(numbers);
    return convertedNumbers;
  };
  return {
    add(y, t, B, O) {
      if (losses.length < B) [losses, dy] = [new Float64Array(B), createElements(type, B * O)];
      const leafRows = 1; // so that each row has its own loss
      loss.evaluate(losses, dy, inRunType(y), inRunType(t), B, leafRows, O);
      for (let n = 0; n < B; n++) {
        const weight = weightOf(dataset, weighing, row++);
        lossSum += weight * losses[n];
        weightSum += weight;
      }
    },
    value: () => (lossSum / weightSum) * lossUnit(loss, dataset.preprocessing),
  };
}
