/** A figure of merit over many rows, fed in chunks. */
export interface Metric<T = number> {
  /** Takes in B rows of the network's output and their targets. */
  add(
    y: Float64Array, // [B, O] the network's output
    t: Float64Array, // [B, O], or [B] class indices
    B: number,
    O: number,
  ): void;
  /** The figure so far; NaN before the first row. */
  value(): T;
}
