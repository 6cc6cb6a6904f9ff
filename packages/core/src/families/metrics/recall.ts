import { type AverageOptions, classAverage } from './class-rates.ts';
import type { Metric } from './metric.ts';

/** Right / rows of each class; 0 for a class without rows. */
export const classRecall = classAverage('metric recall', (right, rows) => (rows === 0 ? 0 : right / rows));

/** Share of a class's rows that are predicted as it, averaged over classes (see `average`). */
export const recall = (options: AverageOptions): Metric => classRecall.metric(options);
