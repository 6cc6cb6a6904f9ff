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

/**
 * The optimizer with a moving average of the weights as its last slot: the mean of the weights behind each step, that
 * of i steps ago counting dⁱ. As a recurrence, a ← (1 - s)a + sθ with the share s = (1 - d) / (1 - dᵗ) behind step t.
 * The first share is 1: a is the weights behind the first step, and no start lingers in it, as zeros or the starting
 * weights would by dᵗ. [Polyak & Juditsky 1992](https://doi.org/10.1137/0330046)
 */
export function averaging(optimizer: Optimizer, decay: number): Optimizer {
  const { hyperLength, initialScalars } = optimizer;
  const power = initialScalars.length; // place of dᵗ
  return {
    ...optimizer,
    slots: [...optimizer.slots, 'average'],
    initialScalars: [...initialScalars, decay],
    advance(scalars) {
      optimizer.advance(scalars);
      scalars[power] *= decay;
    },
    hyperLength: hyperLength + 1,
    shareAt: hyperLength,
    hyper(hyper, rate, scalars) {
      optimizer.hyper(hyper, rate, scalars);
      hyper[hyperLength] = (1 - decay) / (1 - scalars[power]);
    },
  };
}
