import { type ClassCounts, ratesMetric } from './class-rates.ts';
import type { DecisionOptions } from './decision.ts';
import type { Metric } from './metric.ts';

/** Mean of the recall of each class that has rows, so that all classes count the same. */
export const balancedAccuracy = (options: DecisionOptions): Metric =>
  ratesMetric('metric balanced-accuracy', options, meanRecall);

/** The mean of right / rows over the classes with rows; NaN without rows. */
export function meanRecall({ right, rows }: ClassCounts): number {
  let sum = 0;
  let seen = 0;
  for (let c = 0; c < rows.length; c++) {
    if (rows[c] === 0) continue;
    sum += right[c] / rows[c];
    seen++;
  }
  return sum / seen;
}
