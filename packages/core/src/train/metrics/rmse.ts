import { type NoOptions, noOptions } from '../../model/family.ts';
import type { Metric } from './metric.ts';
import { type Pairs, paired } from './paired.ts';
import { createSquares, rootMean } from './spread.ts';

const figure = paired((): Pairs => {
  const { add, squares } = createSquares();
  let numbers = 0;
  return {
    add(y, t) {
      add(y, t);
      numbers++;
    },
    value: () => rootMean(squares(), numbers),
  };
});

/** Root of the mean of (y - t)² over rows and outputs. */
export function rmse(options: NoOptions = {}): Metric {
  noOptions('metric rmse', options);
  return figure.metric();
}

/** The same over held rows. */
export const countedRmse = figure.counted;
