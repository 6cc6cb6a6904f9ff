import { type ClassCounts, ratesMetric } from './class-rates.ts';
import type { DecisionOptions } from './decision.ts';
import type { Metric } from './metric.ts';

/** Mean recall of the classes that have rows, so that all classes count the same. */
export const balancedAccuracy = (options: DecisionOptions): Metric =>
  ratesMetric('metric balanced-accuracy', options, meanRecall);

/** Mean of right / rows over classes with rows; NaN if there are none. */
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
