import type { Pausable } from '../../math/pausable.ts';
import { argsort } from './argsort.ts';
import { badOutput } from './unanswered.ts';
import type { EvaluatedRows } from './weighted-metric.ts';

/** Criteria for choosing a threshold. */
export const thresholdCriteria = {
  /** F1 of class 1. */
  f1: (truePositives, predicted, positives) => (2 * truePositives) / (predicted + positives),
  /** [Youden's J](https://en.wikipedia.org/wiki/Youden%27s_J_statistic): recall of class 1 + recall of class 0 - 1. */
  youden: (truePositives, predicted, positives, rows) =>
    truePositives / positives - (predicted - truePositives) / (rows - positives),
} satisfies Record<string, (truePositives: number, predicted: number, positives: number, rows: number) => number>;

export type ThresholdCriterion = keyof typeof thresholdCriteria;

/** A threshold and the value of its criterion. */
export interface ChosenThreshold {
  /** Rows with a higher score are of class 1. */
  readonly threshold: number;
  /** Value of the criterion at the threshold. */
  readonly value: number;
}

/**
 * The threshold with the highest criterion over rows with one score and a target of 0 or 1: half way between the two
 * scores that it separates, or half the lowest score. Of equal ones it is the highest. Rows without an answer count as
 * predicted 0. Null if the rows are of one class only.
 */
export function* chooseThreshold(
  { rows, y, t }: EvaluatedRows, // one output
  criterion: ThresholdCriterion,
): Pausable<ChosenThreshold | null> {
  const scoredRows = Uint32Array.from({ length: rows }, (_, n) => n).filter((n) => badOutput(y, n, 1) === undefined);
  const scores = Float64Array.from(scoredRows, (n) => y[n]);
  const order = yield* argsort(scores);
  const positives = t.reduce((sum, target, n) => (n < rows && target > 0.5 ? sum + 1 : sum), 0);
  if (positives === 0 || positives === rows) return null;
  const criterionOf = thresholdCriteria[criterion];
  let bestThreshold: ChosenThreshold | null = null;
  let truePositives = 0;
  for (let predicted = 1; predicted <= order.length; predicted++) {
    const index = order[order.length - predicted];
    if (t[scoredRows[index]] > 0.5) truePositives++;
    const lowest = scores[index];
    const next = predicted < order.length ? scores[order[order.length - predicted - 1]] : Math.min(0, lowest);
    if (lowest === next) continue;
    const value = criterionOf(truePositives, predicted, positives, rows);
    if (bestThreshold === null || value > bestThreshold.value)
      bestThreshold = { threshold: between(next, lowest), value };
  }
  return bestThreshold;
}

/** Half way from `low` to `high`, but below `high` even if they are neighbouring doubles. */
function between(low: number, high: number): number {
  const middle = low + (high - low) / 2;
  return middle < high ? middle : low;
}
