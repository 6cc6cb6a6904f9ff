/** Rows that are kept, as `add` of a metric is given them. */
export interface HeldRows {
  readonly rows: number; // N
  readonly outputs: number; // O
  readonly y: Float64Array; // [N, O]
  readonly t: Float64Array; // [N, O], or [N] class indices
}

/** The value of a metric over held rows, of which row n counts counts[n] times. */
export type Counted = (counts: Uint32Array) => number;

/** One number of a row, such as its absolute error. */
export type RowNumber = (y: Float64Array, t: Float64Array, n: number, O: number) => number;

/** The mean of a number that each row has. The numbers are computed once. */
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
