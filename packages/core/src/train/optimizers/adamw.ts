import { typeOf } from '../../element-type.ts';
import { mathOf } from '../../math/real-math.ts';
import { defineOptions, nonNegative, type OptionsOf } from '../../options/index.ts';
import { type MomentOptions, moments, momentTable } from './moments.ts';
import type { Optimizer, UpdateKernel } from './optimizer.ts';
import { sparing, type WeightDecayOptions, weightDecayTable } from './weight-decay.ts';

export const adamwOptions = defineOptions('adamw', {
  /** α >= 0: the learning rate. @default 1e-3 */
  lr: nonNegative(1e-3, 'learning rate'),
  ...momentTable,
  ...weightDecayTable(0.01),
});

/** Options of AdamW. */
export interface AdamwOptions extends MomentOptions, WeightDecayOptions, OptionsOf<typeof adamwOptions.table> {}

/**
 * θ ← θ(1 - αλ), then adam's update without its decay. The decay follows the schedule, as in PyTorch.
 * [Loshchilov & Hutter 2019, alg. 2](https://arxiv.org/abs/1711.05101)
 */
export function adamw(options: AdamwOptions = {}): Optimizer {
  const values = adamwOptions.read(options);
  const { lr, weightDecay } = values;
  const shared = moments(values);
  return sparing(values, 7, 1, {
    ...shared,
    name: 'adamw',
    lr,
    hyperLength: 8,
    hyper(hyper, rate, scalars) {
      shared.hyper(hyper, rate, scalars);
      hyper[7] = 1 - rate[0] * weightDecay;
    },
    update,
  });
}

const update: UpdateKernel = (theta, g, state, n, hyper) => {
  const { round, flush } = mathOf(typeOf(theta));
  const m = state[0];
  const v = state[1];
  const beta1 = round(hyper[0]);
  const oneMinusBeta1 = round(hyper[1]);
  const beta2 = round(hyper[2]);
  const oneMinusBeta2 = round(hyper[3]);
  const stepSize = round(hyper[4]);
  const invRootC2 = round(hyper[5]);
  const epsilon = round(hyper[6]);
  const decay = round(hyper[7]);
  for (let i = 0; i < n; i++) {
    m[i] = flush(round(round(beta1 * m[i]) + round(oneMinusBeta1 * g[i])));
    v[i] = flush(round(round(beta2 * v[i]) + round(round(oneMinusBeta2 * g[i]) * g[i])));
    theta[i] =
      round(theta[i] * decay) -
      round(round(stepSize * m[i]) / round(round(round(Math.sqrt(v[i])) * invRootC2) + epsilon));
  }
};
