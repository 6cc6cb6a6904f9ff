import { type NoOptions, noOptions } from '../family.ts';
import type { Metric } from './metric.ts';
import { createSquares, rootMean } from './spread.ts';

/** Square root of the mean of (y - t)² over rows and outputs. */
export function rmse(options: NoOptions = {}): Metric {
  noOptions('metric rmse', options);
  const { add, squares } = createSquares();
  let numbers = 0;
  return {
    add(y, t, B, O) {
      for (let i = 0; i < B * O; i++) add(y[i], t[i]);
      numbers += B * O;
    },
    value: () => rootMean(squares(), numbers),
  };
}
