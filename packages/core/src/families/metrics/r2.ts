import { type NoOptions, noOptions } from '../family.ts';
import { explainedShare } from './explained-variance.ts';
import type { Metric } from './metric.ts';
import { createSquares } from './spread.ts';

/** R² = 1 - Σ(y - t)² / Σ(t - t̄)² of each output, mean over outputs, as scikit-learn. NaN if targets do not vary. */
export function r2(options: NoOptions = {}): Metric {
  noOptions('metric r2', options);
  return explainedShare(createSquares);
}
