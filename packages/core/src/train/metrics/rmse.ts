import { type NoOptions, noOptions } from '../../model/family.ts';
import type { RowNumber } from './counted.ts';
import type { Metric } from './metric.ts';

/** Root of the mean of (y - t)² over rows and outputs. */
export function rmse(options: NoOptions = {}): Metric {
  noOptions('metric rmse', options);
  let sum = 0;
  let numbers = 0;
  return {
    add(y, t, B, O) {
      for (let i = 0; i < B * O; i++) sum += (y[i] - t[i]) * (y[i] - t[i]);
      numbers += B * O;
    },
    value: () => Math.sqrt(sum / numbers),
  };
}

/** Mean of (y - t)² over the outputs of a row. */
export const rowSquare: RowNumber = (y, t, n, O) => {
  let sum = 0;
  for (let i = n * O; i < (n + 1) * O; i++) sum += (y[i] - t[i]) * (y[i] - t[i]);
  return sum / O;
};
