import type { Metric } from './metric.ts';

/** Rows kept for evaluation, in the format of a metric's `add`. */
export interface HeldRows {
  readonly rows: number; // N
  readonly outputs: number; // O
  readonly y: Float64Array; // [N, O]
  readonly t: Float64Array; // [N, O], or [N] class indices
}

/** The value of a metric over held rows, with row n counted counts[n] times. */
export type Counted = (counts: Uint32Array) => number;

/** Rows passed to a metric at once. */
const ROWS_PER_CHUNK = 64;

/** A metric over held rows, which adds row n counts[n] times. */
export function countedValues({ rows, outputs: O, y, t }: HeldRows, create: () => Metric): Counted {
  const drawnY = new Float64Array(ROWS_PER_CHUNK * O); // [drawn, O]
  const drawnT = new Float64Array(ROWS_PER_CHUNK * O);
  return (counts) => {
    const metric = create();
    let drawn = 0;
    for (let n = 0; n < rows; n++) {
      for (let remaining = counts[n]; remaining > 0; remaining--, drawn++) {
        if (drawn === ROWS_PER_CHUNK) {
          metric.add(drawnY, drawnT, drawn, O);
          drawn = 0;
        }
        for (let o = 0; o < O; o++) {
          drawnY[drawn * O + o] = y[n * O + o];
          drawnT[drawn * O + o] = t[n * O + o];
        }
      }
    }
    metric.add(drawnY, drawnT, drawn, O);
    return metric.value();
  };
}

/** A number of a row, such as its absolute error. */
export type RowNumber = (y: Float64Array, t: Float64Array, n: number, O: number) => number;

/** The mean over held rows of a number of each row. The numbers are computed once. */
export function countedMean({ rows, outputs, y, t }: HeldRows, numberOf: RowNumber): Counted {
  const numbers = new Float64Array(rows);
  for (let n = 0; n < rows; n++) numbers[n] = numberOf(y, t, n, outputs);
  return (counts) => {
    let sum = 0;
    let total = 0;
    for (let n = 0; n < rows; n++) {
      if (counts[n] === 0) continue;
      sum += counts[n] * numbers[n];
      total += counts[n];
    }
    return sum / total;
  };
}
