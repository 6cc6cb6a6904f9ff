/** Rows to predict, and their targets if known. */
export interface RowBatch {
  readonly x: Float64Array; // [N, I]
  readonly numbers: readonly number[]; // [N] place of each row in its source, counted from 0
  readonly targets?: readonly (readonly number[])[]; // [N][columns]
  readonly targetLabels?: readonly string[]; // [N] names of their classes, where they have names
}
