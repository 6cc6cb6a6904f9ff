import type { Metric } from './metric.ts';
import { type ProbabilityOptions, targetsOf } from './probability-options.ts';
import { rowMean } from './row-mean.ts';
import { NO_ANSWER } from './unanswered.ts';
import type { RowValue } from './weighted-metric.ts';

/** Squared distance between a row's probabilities and its class; half of it with two outputs. */
export function rowBrier(options: ProbabilityOptions): RowValue {
  const { target } = targetsOf('metric brier', options);
  const isBinary = options.targets === 'values';
  return (y, t, n, O) => {
    const c = target(t, n, O);
    if (c === NO_ANSWER) return Number.NaN;
    if (isBinary && O === 1) return (y[n] - c) * (y[n] - c);
    let sum = 0;
    for (let o = 0; o < O; o++) {
      const distance = o === c ? 1 - y[n * O + o] : y[n * O + o];
      sum += distance * distance;
    }
    return O === 2 ? sum / 2 : sum;
  };
}

/**
 * Brier score: mean over rows of the squared distance between probabilities and the row's class. With one output or two
 * classes it is (p - t)² of one of them, from 0 to 1; with more classes the sum over all, from 0 to 2, as in
 * scikit-learn. Outputs are probabilities. [Brier
 * 1950](https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2)
 */
export const brier = (options: ProbabilityOptions): Metric => rowMean(rowBrier(options));
