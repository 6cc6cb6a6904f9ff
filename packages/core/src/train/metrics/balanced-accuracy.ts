import { classesOf, rowsOf } from './class-rates.ts';
import { confusionMatrix } from './confusion-matrix.ts';
import type { DecisionOptions } from './decision.ts';
import type { Metric } from './metric.ts';

/** Mean of the recall of each class that has rows, so that all classes count the same. */
export function balancedAccuracy(options: DecisionOptions): Metric {
  const confusion = confusionMatrix(options);
  return { add: confusion.add, value: () => meanRecall(confusion.value()) };
}

/** The mean of right / rows over the classes with rows; NaN without rows. */
export function meanRecall(
  confusion: Float64Array, // [C, C + 1]
): number {
  const C = classesOf(confusion);
  let sum = 0;
  let seen = 0;
  for (let c = 0; c < C; c++) {
    const rows = rowsOf(confusion, C, c);
    if (rows === 0) continue;
    sum += confusion[c * (C + 1) + c] / rows;
    seen++;
  }
  return sum / seen;
}
