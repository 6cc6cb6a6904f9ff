/** A metric that is given rows in chunks. */
export interface Metric<T = number> {
  /** Adds B rows of the output of the network and their targets. */
  add(
    y: Float64Array, // [B, O] the network's output
    t: Float64Array, // [B, O], or [B] class indices
    B: number,
    O: number,
  ): void;
  /** The metric so far; NaN before the first row. */
  value(): T;
}
