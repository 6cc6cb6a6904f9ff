import { defineOptions, nonNegative, type OptionsOf } from '../../checks/options/index.ts';
import { type MomentOptions, momentOptimizer, momentTable } from './moments.ts';
import type { Optimizer } from './optimizer.ts';
import { type WeightDecayOptions, weightDecayTable } from './parameter-groups.ts';

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
export const adam = (options: AdamOptions = {}): Optimizer =>
  momentOptimizer('adam', 'gradient', adamOptions.read(options));
