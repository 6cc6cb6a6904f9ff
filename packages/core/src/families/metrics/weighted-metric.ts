import type { Metric } from './metric.ts';

/** Outputs and targets of evaluated rows, in the format of a metric's `add`. */
export interface EvaluatedRows {
  readonly rows: number; // N
  readonly outputs: number; // O
  readonly y: Float64Array; // [N, O]
  readonly t: Float64Array; // [N, O]
}

/** The value of a metric over rows, with row n counted counts[n] times. */
export type WeightedMetric = (counts: Uint32Array) => number;

/** Rows passed to a metric at once. */
const ROWS_PER_CHUNK = 64;

/** Computes any metric of values by adding row n to it counts[n] times. */
export function weightedMetric({ rows, outputs: O, y, t }: EvaluatedRows, create: () => Metric): WeightedMetric {
  const [chunkY, chunkT] = [0, 1].map(() => new Float64Array(ROWS_PER_CHUNK * O)); // [chunkRows, O]
  return (counts) => {
    const metric = create();
    let chunkRows = 0;
    for (let n = 0; n < rows; n++) {
      for (let remaining = counts[n]; remaining > 0; remaining--, chunkRows++) {
        if (chunkRows === ROWS_PER_CHUNK) {
          metric.add(chunkY, chunkT, chunkRows, O);
          chunkRows = 0;
        }
        for (let o = 0; o < O; o++) {
          chunkY[chunkRows * O + o] = y[n * O + o];
          chunkT[chunkRows * O + o] = t[n * O + o];
        }
      }
    }
    metric.add(chunkY, chunkT, chunkRows, O);
    return metric.value();
  };
}

/** Computes a value for row n, such as its absolute error. */
export type RowValue = (y: Float64Array, t: Float64Array, n: number, O: number) => number;

/** The weighted mean of one value per row. The values are computed once. */
export function weightedMean({ rows, outputs, y, t }: EvaluatedRows, rowValue: RowValue): WeightedMetric {
  const values = new Float64Array(rows);
  for (let n = 0; n < rows; n++) values[n] = rowValue(y, t, n, outputs);
  return (counts) => {
    let sum = 0;
    let total = 0;
    for (let n = 0; n < rows; n++) {
      if (counts[n] === 0) continue;
      sum += counts[n] * values[n];
      total += counts[n];
    }
    return sum / total;
  };
}
