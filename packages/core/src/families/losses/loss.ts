import type { Elements } from '../../math/element-type.ts';

/**
 * The loss of B rows, **summed** over the rows of each leaf of `leaf` rows, ascending, and its gradient by the
 * network's output. Overwrites `lossSums` and `dy`, which may be `y`. (A number that is returned costs 16 bytes of heap
 * wherever V8 does not inline the call.) The division by the rows of the batch happens once, where gradients are
 * averaged.
 */
export type LossKernel = (
  lossSums: Float64Array, // [leaves] out
  dy: Elements, // [B, O] out
  y: Elements, // [B, O] the network's output
  t: Elements, // [B, O], or [B] class indices where targets are 'classes'
  B: number,
  leaf: number,
  O: number,
  parameter?: number, // of a variant, which knows it besides
) => void;

/** The function that options make of a loss. */
export interface LossVariant {
  /** Its name among the functions of losses. */
  readonly name: string;
  /** What it takes last. */
  readonly parameter: number;
}

/** A loss, as returned by `createLoss`. */
export interface Loss {
  /** Key into the table of losses, and of fast kernels. */
  readonly name: string;
  /** 'classes': one index per row. 'values': one number per output of the network. */
  readonly targets: 'classes' | 'values';
  /** With one output that answers yes or no: the threshold above which it is yes. 0 for logits; 0.5 if absent. */
  readonly threshold?: number;
  /** The name of a user's own; absent for the built-in ones, which backends may know by name. */
  readonly own?: string;
  /** Where options make it another function than that of its name: the function, and a number that this takes last. */
  readonly variant?: LossVariant;
  /**
   * Errors c times as large make the loss c^degree times as large: it is then shown in the units of a target that was
   * scaled. Absent where no such number is.
   */
  readonly degree?: 1 | 2;
  /** What `createLoss` made it from. Absent where another function did. */
  readonly spec?: unknown;
  /** The plain code that defines the bits. */
  readonly evaluate: LossKernel;
}
