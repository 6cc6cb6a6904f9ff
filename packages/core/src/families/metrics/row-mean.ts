import type { RowNumber } from './counted.ts';
import type { Metric } from './metric.ts';

/** A metric that is the mean of a number of each row, added in row order. */
export function rowMean(numberOf: RowNumber): Metric {
  let sum = 0;
  let rows = 0;
  return {
    add(y, t, B, O) {
      for (let n = 0; n < B; n++) sum += numberOf(y, t, n, O);
      rows += B;
    },
    value: () => sum / rows,
  };
}
