import { log } from '../../math/log.ts';
import type { Metric } from './metric.ts';
import { type ProbabilityOptions, targetsOf } from './probability-options.ts';
import { rowMean } from './row-mean.ts';
import { NO_ANSWER } from './unanswered.ts';
import type { RowValue } from './weighted-metric.ts';

/** Spacing of doubles at 1. Probabilities are kept this far from 0 and 1, as in scikit-learn. */
const EPSILON = 2.220446049250313e-16;

/** -log of the probability of a row's class. */
export function rowLogLoss(options: ProbabilityOptions): RowValue {
  const { target } = targetsOf('metric log-loss', options);
  const isBinary = options.targets === 'values';
  return (y, t, n, O) => {
    const c = target(t, n, O);
    if (c === NO_ANSWER) return Number.NaN;
    const p = isBinary && O === 1 ? (c === 1 ? y[n] : 1 - y[n]) : y[n * O + c];
    return -log(Math.min(Math.max(p, EPSILON), 1 - EPSILON));
  };
}

/**
 * Mean of -log p over rows, where p is the predicted probability of the row's class, clamped to [2⁻⁵², 1 - 2⁻⁵²].
 * Outputs are probabilities. NaN if such a p is NaN.
 */
export const logLoss = (options: ProbabilityOptions): Metric => rowMean(rowLogLoss(options));
