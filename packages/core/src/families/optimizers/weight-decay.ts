import { nonNegative, type OptionsOf, type OptionValues, oneOf } from '../../checks/options/index.ts';
import type { Optimizer } from './optimizer.ts';

/** Parameters that weight decay applies to. */
export const decayedParameters = {
  /** All parameters, as in PyTorch's optimizers. */
  all: 'every parameter',
  /** Matrices and embeddings, but not biases and the gains and shifts of norms. */
  weights: 'weights only, not biases and norms',
} as const;

/** Weight decay options with an optimizer's default. */
export const weightDecayTable = (lambda: number) => ({
  /**
   * λ, at least 0. In adamw and lion it is decoupled from the gradient; elsewhere λθ is added to the gradient.
   * @default 0; 0.01 for adamw
   */
  weightDecay: nonNegative(lambda, 'L2 penalty on the parameters that --decayed names, decoupled in adamw and lion'),
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
 * Adds a second set of hyperparameters to an optimizer that decays only some parameters. In it, the scalar at index
 * `decayAt` is `noDecay`, the value that means no decay.
 */
export function withDecayGroups(
  { weightDecay, decayed }: OptionValues<WeightDecayTable>,
  { decayAt, noDecay }: { readonly decayAt: number; readonly noDecay: number },
  optimizer: Omit<Optimizer, 'undecayedHyper'>,
): Optimizer {
  if (decayed === 'all' || weightDecay === 0) return { ...optimizer, undecayedHyper: 0 };
  const H = optimizer.hyperLength;
  return {
    ...optimizer,
    hyperLength: 2 * H,
    undecayedHyper: H,
    hyper(hyper, learningRate, scalars) {
      optimizer.hyper(hyper, learningRate, scalars);
      for (let h = 0; h < H; h++) hyper[H + h] = hyper[h];
      hyper[H + decayAt] = noDecay;
    },
  };
}
