/**
 * The loss of B rows, **summed** over rows, and its gradient with respect to the output of the network. Overwrites
 * `lossSum` and `dy`, which may be `y`. (Returning the number would cost 16 bytes of heap wherever V8 does not inline
 * the call.) The division by the number of rows happens once, when the shards are averaged.
 */
export type LossKernel = (
  lossSum: Float64Array, // [1] out
  dy: Float64Array, // [B, O] out
  y: Float64Array, // [B, O] the network's output
  t: Float64Array, // [B, O], or [B] class indices where targets are 'classes'
  B: number,
  O: number,
) => void;

/** A loss, as returned by `createLoss`. */
export interface Loss {
  /** Key into the table of losses, and of fast kernels. */
  readonly name: string;
  /** 'classes': one index per row. 'values': one number per output of the network. */
  readonly targets: 'classes' | 'values';
  /** With one output that answers yes or no: the threshold above which it is yes. 0 for logits; 0.5 if absent. */
  readonly threshold?: number;
  /** The plain code that defines the bits. */
  readonly evaluate: LossKernel;
}
