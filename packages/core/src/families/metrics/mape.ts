import { type NoOptions, noOptions } from '../family.ts';
import type { Metric } from './metric.ts';
import { rowMean } from './row-mean.ts';
import type { RowValue } from './weighted-metric.ts';

/** Replaces a target of 0, as in scikit-learn: the spacing of doubles at 1. */
const EPSILON = 2.220446049250313e-16;

/** A larger error makes the mean meaningless. A target of 0 that was scaled may come back as 1e-16. */
const MAX_RELATIVE_ERROR = 1e6;

/** Mean of |y - t| / |t| over the outputs of a row. */
const relativeError: RowValue = (y, t, n, O) => {
  let sum = 0;
  for (let i = n * O; i < (n + 1) * O; i++) sum += Math.abs(y[i] - t[i]) / Math.max(Math.abs(t[i]), EPSILON);
  return sum / O;
};

/** The relative error of a row as `evaluate` shows it: NaN if a target is 0, or nearly 0 beside its error. */
export const rowMape: RowValue = (y, t, n, O) => {
  const error = relativeError(y, t, n, O);
  return error * O > MAX_RELATIVE_ERROR ? Number.NaN : error;
};

/**
 * Mean absolute percentage error as a share: mean of |y - t| / max(|t|, 2⁻⁵²) over rows and outputs; 0.1 is 10 %. A
 * target of 0 with any error makes it huge.
 */
export function mape(options: NoOptions = {}): Metric {
  noOptions('metric mape', options);
  return rowMean(relativeError);
}
