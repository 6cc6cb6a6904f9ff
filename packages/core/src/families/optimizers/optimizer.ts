import type { Elements } from '../../math/element-type.ts';

/**
 * Updates `n` parameters by their mean gradient. `hyper` has the scalars of this step from the optimizer's `hyper`.
 * Overwrites `theta` and `state`.
 */
export type UpdateKernel = (
  theta: Elements, // [n] in and out
  g: Elements, // [n]
  state: readonly Elements[], // [slots][n] in and out
  n: number,
  hyper: Float64Array, // [hyperLength]
) => void;

/** An optimizer, as returned by `createOptimizer`. It has no state of its own: state is passed in. */
export interface Optimizer {
  /** Key in the table of optimizers. */
  readonly name: string;
  /** Key of `update` in the table of fast kernels. @default `name` */
  readonly kernel?: string;
  /** The learning rate that a schedule scales. */
  readonly lr: number;
  /** Names of the state vectors, such as ['m', 'v']. Each is as long as the parameters and starts at 0. */
  readonly slots: readonly string[];
  /** Scalars carried from step to step (β₁ᵗ, β₂ᵗ), with their values in the first step. */
  readonly initialScalars: readonly number[];
  /** Advances the scalars by one step. Overwrites `scalars`. */
  advance(scalars: Float64Array): void;
  /** Number of scalars that `hyper` writes. */
  readonly hyperLength: number;
  /** Number of scalars that `update` gets: those of group k of parameters begin at k · groupLength. */
  readonly groupLength: number;
  /** The group of a tensor of this shape in a layer that `matches` some patterns. */
  groupOf(shape: readonly number[], matches: (pattern: string) => boolean, isHiddenMatrix: boolean): number;
  /**
   * Updates the matrices of hidden layers, whose groups are those from `firstGroup` on. Its `update` leaves the matrix
   * u in the second vector of the state, and when all blocks are updated, θ ← θ - η · orthogonalize(u). Absent:
   * `update` is for all parameters.
   */
  readonly matrices?: Optimizer & {
    /** The first group of these matrices. */
    readonly firstGroup: number;
  };
  /** The patterns of names and paths of layers by the option that has them. */
  readonly patterns: Readonly<Record<'lrOf' | 'decayOf', readonly string[]>>;
  /**
   * Index in `hyper` of the smoothing factor of the weights' moving average; absent if there is no average. It is the
   * last scalar, and the average is the last slot. `update` gets neither.
   */
  readonly smoothingAt?: number;
  /**
   * Writes the scalars of `update` for a step with this learning rate. Overwrites `hyper`. (The rate is an array, since
   * passing a number costs 16 bytes of heap wherever V8 does not inline the call.)
   */
  hyper(
    hyper: Float64Array, // [hyperLength] out
    learningRate: Float64Array, // [1]
    scalars: Float64Array, // those of this step, see `initialScalars`
  ): void;
  /** The spec that `createOptimizer` got. Absent if another function made the optimizer. */
  readonly spec?: unknown;
  /** The plain code that defines the bits. */
  readonly update: UpdateKernel;
}

/**
 * Adds a moving average of the weights to an optimizer, as its last slot: the mean of the weights after each step,
 * where those of i steps ago have weight dⁱ. As a recurrence it is a ← (1 - s)a + sθ with the smoothing factor s = (1 -
 * d) / (1 - dᵗ) after step t. The first s is 1, so the average starts with the weights after the first step; it keeps
 * no trace of zeros or of the starting weights. [Polyak & Juditsky 1992](https://doi.org/10.1137/0330046)
 */
export function averaging(optimizer: Optimizer, decay: number): Optimizer {
  const { hyperLength, initialScalars } = optimizer;
  const power = initialScalars.length; // index of dᵗ
  return {
    ...optimizer,
    slots: [...optimizer.slots, 'average'],
    initialScalars: [...initialScalars, decay],
    advance(scalars) {
      optimizer.advance(scalars);
      scalars[power] *= decay;
    },
    hyperLength: hyperLength + 1,
    smoothingAt: hyperLength,
    hyper(hyper, learningRate, scalars) {
      optimizer.hyper(hyper, learningRate, scalars);
      hyper[hyperLength] = (1 - decay) / (1 - scalars[power]);
    },
  };
}
