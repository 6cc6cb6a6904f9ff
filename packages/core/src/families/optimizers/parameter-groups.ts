import { OptionError } from '../../checks/option-error.ts';
import { kind, nonNegative, type OptionsOf, type OptionValues, oneOf } from '../../checks/options/index.ts';
import { has } from '../../checks/show.ts';
import type { Optimizer } from './optimizer.ts';

/** Parameters that weight decay applies to. */
export const decayedParameters = {
  /** All parameters, as in PyTorch's optimizers. */
  all: 'every parameter',
  /** Matrices and embeddings, but not biases and the gains and shifts of norms. */
  weights: 'weights only, not biases and norms',
} as const;

/** Numbers of at least 0 by names and paths of layers, in which * stands for any characters. */
const numbersByLayer = kind((where, name, value): Readonly<Record<string, number>> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OptionError(where, name, `${has(value)}, expected numbers by layer, such as { encoder: 0.001 }`);
  }
  for (const [pattern, number] of Object.entries(value)) nonNegative.check(where, `${name}.${pattern}`, number);
  return { ...value };
});

/** Options of parameter groups with an optimizer's default weight decay. */
export const weightDecayTable = (lambda: number) => ({
  /**
   * λ, at least 0. In adamw, lion and muon it is decoupled from the gradient; elsewhere λθ is added to the gradient.
   * @default 0; 0.01 for adamw; 0.1 for muon
   */
  weightDecay: nonNegative(
    lambda,
    'L2 penalty on the parameters that --decayed names, decoupled in adamw, lion and muon',
  ),
  /**
   * Parameters that weight decay applies to: 'all', as in PyTorch, or 'weights', without biases and norms. @default
   * 'all'
   */
  decayed: oneOf(decayedParameters)(
    'all',
    'parameters that weight decay applies to: all, or weights (no biases or norms)',
  ),
  /**
   * Learning rates of layers by their names or paths, in place of `lr`, such as `{ encoder: 1e-4, 'block*': 1e-3 }`, in
   * which * stands for any characters; that of a block is that of all layers inside. What scales `lr` scales them by
   * the same factor. @default none
   */
  lrOf: numbersByLayer(undefined, 'learning rates of layers by name or path, in place of --lr', 'none'),
  /** Weight decay of layers by their names or paths in the same way, in place of `weightDecay`. @default none */
  decayOf: numbersByLayer(undefined, 'weight decay of layers by name or path, in place of --weight-decay', 'none'),
});

type WeightDecayTable = ReturnType<typeof weightDecayTable>;

/** Weight decay options of every optimizer, and those of layers. */
export interface WeightDecayOptions extends OptionsOf<WeightDecayTable> {}

/** Weights are matrices; biases and the gains and shifts of norms are vectors. */
const isMatrix = (shape: readonly number[]): boolean => shape.length > 1;

/**
 * An optimizer with a group of parameters for each pair of a learning rate and a weight decay. `create` makes the one
 * of a group by its weight decay. Group r · D + d has rate r and decay d of D.
 */
export function withGroups<V extends OptionValues<WeightDecayTable> & { readonly lr: number }>(
  values: V,
  create: (values: V) => Omit<Optimizer, 'groupLength' | 'groupOf' | 'patterns'>,
): Optimizer {
  const { lr, weightDecay, decayed, lrOf = {}, decayOf = {} } = values;
  const [ratePatterns, decayPatterns] = [Object.keys(lrOf), Object.keys(decayOf)];
  if (lr === 0 && ratePatterns.length > 0) {
    throw new OptionError(create(values).name, ['lr', 'lrOf'], 'has 0, expected a number above 0 beside lrOf');
  }
  const factors = [1, ...Object.values(lrOf).map((rate) => rate / lr)];
  const decays = [weightDecay, ...Object.values(decayOf)];
  const isSpared = decayed === 'weights' && decays.some((decay) => decay > 0); // whether some parameters have no decay
  if (isSpared) decays.push(0);
  const optimizers = decays.map((decay) => create({ ...values, weightDecay: decay }));
  const [optimizer] = optimizers;
  const H = optimizer.hyperLength;
  const [groupRate, groupHyper] = [new Float64Array(1), new Float64Array(H)];
  return {
    ...optimizer,
    hyperLength: factors.length * decays.length * H,
    hyper(hyper, learningRate, scalars) {
      for (let r = 0; r < factors.length; r++) {
        groupRate[0] = learningRate[0] * factors[r];
        for (let d = 0; d < decays.length; d++) {
          optimizers[d].hyper(groupHyper, groupRate, scalars);
          hyper.set(groupHyper, (r * decays.length + d) * H);
        }
      }
    },
    groupLength: H,
    groupOf(shape, matches) {
      const rate = 1 + ratePatterns.findIndex(matches);
      const decay = isSpared && !isMatrix(shape) ? decays.length - 1 : 1 + decayPatterns.findIndex(matches);
      return rate * decays.length + decay;
    },
    patterns: { lrOf: ratePatterns, decayOf: decayPatterns },
  };
}
