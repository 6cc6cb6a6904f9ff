import { defineOptions, nonNegative, type OptionsOf } from '../../checks/options/index.ts';
import { type MomentOptions, moments, momentTable, momentUpdate } from './moments.ts';
import type { Optimizer } from './optimizer.ts';
import { type WeightDecayOptions, weightDecayTable, withDecayGroups } from './weight-decay.ts';

export const adamOptions = defineOptions('adam', {
  /** α >= 0: the learning rate. @default 1e-3 */
  lr: nonNegative(1e-3, 'learning rate'),
  ...momentTable,
  ...weightDecayTable(0),
});

/** Options of Adam. */
export interface AdamOptions extends MomentOptions, WeightDecayOptions, OptionsOf<typeof adamOptions.table> {}

/**
 * d = g + λθ; m ← β₁m + (1 - β₁)d; v ← β₂v + (1 - β₂)d²; θ ← θ - α/(1 - β₁ᵗ) · m / (√v / √(1 - β₂ᵗ) + ε).
 * ε is outside of the square root, after the bias correction. [Kingma & Ba 2015, alg.
 * 1](https://arxiv.org/abs/1412.6980)
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const values = adamOptions.read(options);
  const { lr, weightDecay } = values;
  const shared = moments(values);
  return withDecayGroups(values, 7, 0, {
    ...shared,
    name: 'adam',
    lr,
    hyperLength: 8,
    hyper(hyper, learningRate, scalars) {
      shared.hyper(hyper, learningRate, scalars);
      hyper[7] = weightDecay;
    },
    update,
  });
}

const update = momentUpdate('gradient');
