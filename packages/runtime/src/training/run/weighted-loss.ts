import type { Elements, ElementType, Loss } from '@gradloom/core';
import { createElements, typeOf } from '@gradloom/core/internal';
import type { Dataset } from '../../data/dataset.ts';
import type { OutputReader } from '../../engine/evaluation/evaluate-dataset.ts';
import { lossUnit } from '../../engine/evaluation/own-units.ts';
import { type RowWeighing, weightOf } from './row-weights.ts';

/**
 * The mean loss of the rows of an evaluation by their weights: what the run minimises, on other rows. Reads outputs and
 * targets as the network has them: in the units of the targets a Huber loss would be another one.
 */
export interface WeightedLoss extends OutputReader {
  /** In the units of the targets; NaN where all weights are 0. */
  value(): number;
}

export function weightedLoss(
  loss: Loss,
  dataset: Dataset,
  { ofClass }: RowWeighing,
  type: ElementType, // of the run, whose numbers y and t are
): WeightedLoss {
  let [row, sum, weights] = [0, 0, 0];
  let losses = new Float64Array(0);
  let dy = createElements(type, 0);
  const own = (numbers: Float64Array): Elements => {
    if (typeOf(numbers) === type) return numbers;
    const same = createElements(type, numbers.length);
    same.set(numbers);
    return same;
  };
  return {
    add(y, t, B, O) {
      if (losses.length < B) [losses, dy] = [new Float64Array(B), createElements(type, B * O)];
      loss.evaluate(losses, dy, own(y), own(t), B, 1, O); // in leaves of one row
      for (let n = 0; n < B; n++) {
        const weight = weightOf(dataset, ofClass, row++);
        sum += weight * losses[n];
        weights += weight;
      }
    },
    value: () => (sum / weights) * lossUnit(loss, dataset.preprocessing),
  };
}
