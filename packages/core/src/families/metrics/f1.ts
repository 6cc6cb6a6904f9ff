import { type AverageOptions, classAverage } from './class-rates.ts';
import type { Metric } from './metric.ts';

/** 2 · right / (rows + predicted) of each class; 0 for a class without rows and predictions. */
export const classF1 = classAverage('metric f1', (right, rows, predicted) =>
  rows + predicted === 0 ? 0 : (2 * right) / (rows + predicted),
);

/** F₁, the harmonic mean of precision and recall of a class, averaged over classes (see `average`). */
export const f1 = (options: AverageOptions): Metric => classF1.metric(options);
