import { nonNegative, type OptionsOf, type OptionValues, oneOf } from '../../checks/options/index.ts';
import type { Optimizer } from './optimizer.ts';

/** Parameters that weight decay applies to. */
export const decayedParameters = {
  /** All of them, as PyTorch's optimizers do. */
  all: 'every parameter',
  /** Matrices and embeddings; not biases, nor the gains and shifts of layer-norm. */
  weights: 'weights only, not biases and norms',
} as const;

/** Weight decay options, with the default of one optimizer. */
export const weightDecayTable = (standard: number) => ({
  /**
   * λ, at least 0. In adamw it is decoupled from the gradient; elsewhere λθ is added to it.
   * @default 0; 0.01 for adamw
   */
  weightDecay: nonNegative(standard, 'L2 penalty on the parameters that --decayed names, decoupled in adamw and lion'),
  /**
   * Parameters that weight decay applies to: 'all', as in PyTorch, or 'weights', without biases and norms. @default
   * 'all'
   */
  decayed: oneOf(decayedParameters)(
    'all',
    'parameters that weight decay applies to: all, or weights (no biases or norms)',
  ),
});

type WeightDecayTable = ReturnType<typeof weightDecayTable>;

/** Weight decay options of every optimizer. */
export interface WeightDecayOptions extends OptionsOf<WeightDecayTable> {}

/**
 * The optimizer, with a second row of hyperparameters behind the first where it spares some parameters: the same, but
 * `none`, which is no decay, at place `at`.
 */
export function sparing(
  { weightDecay, decayed }: OptionValues<WeightDecayTable>,
  at: number,
  none: number,
  optimizer: Omit<Optimizer, 'undecayedHyper'>,
): Optimizer {
  if (decayed === 'all' || weightDecay === 0) return { ...optimizer, undecayedHyper: 0 };
  const H = optimizer.hyperLength;
  return {
    ...optimizer,
    hyperLength: 2 * H,
    undecayedHyper: H,
    hyper(hyper, rate, scalars) {
      optimizer.hyper(hyper, rate, scalars);
      for (let h = 0; h < H; h++) hyper[H + h] = hyper[h];
      hyper[H + at] = none;
    },
  };
}
