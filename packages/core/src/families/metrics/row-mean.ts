import type { Metric } from './metric.ts';
import type { RowValue } from './weighted-metric.ts';

/** A metric that is the mean of a number of each row, added in row order. */
export function rowMean(numberOf: RowValue): Metric {
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
