import { defineOptions, nonNegative, type OptionsOf } from '../../checks/options/index.ts';
import { type MomentOptions, momentOptimizer, momentTable } from './moments.ts';
import type { Optimizer } from './optimizer.ts';
import { type WeightDecayOptions, weightDecayTable } from './parameter-groups.ts';

export const adamwOptions = defineOptions('adamw', {
  /** α >= 0: the learning rate. @default 1e-3 */
  lr: nonNegative(1e-3, 'learning rate'),
  ...momentTable,
  ...weightDecayTable(0.01),
});

/** Options of AdamW. */
export interface AdamwOptions extends MomentOptions, WeightDecayOptions, OptionsOf<typeof adamwOptions.table> {}

/**
 * θ ← θ(1 - αλ), then Adam's update without its weight decay. The decay follows the schedule, as in PyTorch.
 * [Loshchilov & Hutter 2019, alg. 2](https://arxiv.org/abs/1711.05101)
 */
export const adamw = (options: AdamwOptions = {}): Optimizer =>
  momentOptimizer('adamw', 'weights', adamwOptions.read(options));
