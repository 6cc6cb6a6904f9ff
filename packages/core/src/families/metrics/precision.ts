import { type AverageOptions, classAverage } from './class-rates.ts';
import type { Metric } from './metric.ts';

/** Right / predicted of each class; 0 for a class that no row is predicted as. */
export const classPrecision = classAverage('metric precision', (right, _rows, predicted) =>
  predicted === 0 ? 0 : right / predicted,
);

/** Share of the rows predicted as a class that belong to it, averaged over classes (see `average`). */
export const precision = (options: AverageOptions): Metric => classPrecision.metric(options);
