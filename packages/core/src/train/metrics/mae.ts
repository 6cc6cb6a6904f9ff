import { type NoOptions, noOptions } from '../../model/family.ts';
import type { RowNumber } from './counted.ts';
import type { Metric } from './metric.ts';

/** Mean of |y - t| over rows and outputs. */
export function mae(options: NoOptions = {}): Metric {
  noOptions('metric mae', options);
  let sum = 0;
  let numbers = 0;
  return {
    add(y, t, B, O) {
      for (let i = 0; i < B * O; i++) sum += Math.abs(y[i] - t[i]);
      numbers += B * O;
    },
    value: () => sum / numbers,
  };
}

/** Mean of |y - t| over the outputs of a row. */
export const rowMae: RowNumber = (y, t, n, O) => {
  let sum = 0;
  for (let i = n * O; i < (n + 1) * O; i++) sum += Math.abs(y[i] - t[i]);
  return sum / O;
};
