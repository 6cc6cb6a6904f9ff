import type { Elements } from '../../math/element-type.ts';
import type { Expression } from '../scalars/expression.ts';

/**
 * The loss of B rows, **summed** over the rows of each leaf of `leafRows` rows, ascending, and its gradient by the
 * network's output. Overwrites `lossSums` and `dy`, which may be `y`. (It returns nothing, since a returned number
 * costs 16 bytes of heap wherever V8 does not inline the call.) The division by the rows of the batch happens once,
 * where gradients are averaged.
 */
export type LossKernel = (
  lossSums: Float64Array, // [leaves] out
  dy: Elements, // [B, O] out
  y: Elements, // [B, O] the network's output
  t: Elements, // [B, O], or [B] class indices if targets are 'classes'; any array if there are none
  B: number,
  leafRows: number,
  O: number,
  parameter?: number, // of a variant; its plain code captures it
) => void;

/** The function of a loss that takes a parameter. */
export interface LossVariant {
  /** Name of the function in a backend. */
  readonly name: string;
  /** Last argument of the function. */
  readonly parameter: number;
}

/** A loss that is a formula, from which backends make their kernels. */
export interface LossFormula {
  /** The loss of each output of rows of O, which is the first result, and dy, from y and t, which are its inputs. */
  expressionOf(O: number): Expression;
  /** The divisor of the sum of a row of O outputs. */
  divisorOf(O: number): number;
}

/** A loss, as returned by `createLoss`. */
export interface Loss {
  /** Key in the table of losses and of fast kernels. */
  readonly name: string;
  /**
   * 'classes': one index per row. 'values': one number per output of the network. 'none': the outputs are the loss.
   * 'heads': those of each output of a network with several, one after the other.
   */
  readonly targets: 'classes' | 'values' | 'none' | 'heads';
  /** Threshold above which a single yes/no output means yes. 0 for logits; 0.5 if absent. */
  readonly threshold?: number;
  /** Name of a user's own loss; absent for built-in ones, which backends may know by name. */
  readonly customName?: string;
  /** Set if the loss's function takes a parameter. */
  readonly variant?: LossVariant;
  /** The formula of a user's own loss, if it is one. @internal */
  readonly formula?: LossFormula;
  /**
   * Errors c times as large make the loss c^degree times as large. This is used to show the loss in the units of a
   * scaled target. Absent if there is no such exponent.
   */
  readonly degree?: 1 | 2;
  /** The spec that `createLoss` got. Absent if another function made the loss. */
  readonly spec?: unknown;
  /** The plain code that defines the bits. A loss of heads has that of each in its place. */
  readonly evaluate: LossKernel;
  /** The losses of a network with several outputs; absent for a loss of one. */
  readonly heads?: readonly HeadLoss[];
}

/** Whether a loss's targets are indices of classes, or else values, such as rows with a 1 at the class. */
export const targetKind = ({ targets }: Pick<Loss, 'targets'>): 'classes' | 'values' =>
  targets === 'classes' ? 'classes' : 'values';

/** The loss of one of several outputs of a network. */
export interface HeadLoss {
  /** Name of the output. */
  readonly name: string;
  /** Factor of its loss in the sum. */
  readonly weight: number;
  /** The loss itself. */
  readonly loss: Loss;
}
