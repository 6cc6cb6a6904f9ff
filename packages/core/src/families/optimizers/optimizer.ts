import type { Elements } from '../../math/element-type.ts';
/**
 * One update of `n` parameters by their averaged gradient. Overwrites `theta` and `state`.
 * `hyper` holds this step's scalars, as the optimizer's `hyper` wrote them.
 */
export type UpdateKernel = (
  theta: Elements, // [n] in and out
  g: Elements, // [n]
  state: readonly Elements[], // [slots][n] in and out
  n: number,
  hyper: Float64Array, // [hyperLength]
) => void;

/** An optimizer, as returned by `createOptimizer`. It is stateless: its state is an argument. */
export interface Optimizer {
  /** Key into the table of optimizers, and of fast kernels. */
  readonly name: string;
  /** The learning rate that a schedule scales. */
  readonly lr: number;
  /** Names of the state vectors, each as long as the parameters, all starting at 0: `['m', 'v']`. */
  readonly slots: readonly string[];
  /** Scalars carried from step to step (β₁ᵗ, β₂ᵗ), as the first step reads them. */
  readonly initialScalars: readonly number[];
  /** Advances the scalars by one step. Overwrites `scalars`. */
  advance(scalars: Float64Array): void;
  /** How many scalars `hyper` writes. */
  readonly hyperLength: number;
  /**
   * Where in `hyper` the numbers for parameters without weight decay begin, behind those for all others; 0 where there
   * are none of their own.
   */
  readonly undecayedHyper: number;
  /**
   * Where in `hyper` the share of the newest weights in their moving average stands; absent where none is kept. It is
   * the last number, and the average the last slot. `update` takes neither.
   */
  readonly shareAt?: number;
  /**
   * Writes what `update` needs in this step at learning rate `rate`. Overwrites `hyper`. (A number handed over would
   * cost 16 bytes of heap wherever V8 does not inline the call.)
   */
  hyper(
    hyper: Float64Array, // [hyperLength] out
    rate: Float64Array, // [1]
    scalars: Float64Array,
  ): void;
  /** What `createOptimizer` made it from. Absent where another function did. */
  readonly spec?: unknown;
  /** The plain code that defines the bits. */
  readonly update: UpdateKernel;
}
