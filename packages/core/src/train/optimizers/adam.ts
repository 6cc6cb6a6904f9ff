import { typeOf } from '../../element-type.ts';
import { mathOf } from '../../math/real-math.ts';
import { defineOptions, nonNegative, type OptionsOf } from '../../options/index.ts';
import { type MomentOptions, moments, momentTable } from './moments.ts';
import type { Optimizer, UpdateKernel } from './optimizer.ts';
import { sparing, type WeightDecayOptions, weightDecayTable } from './weight-decay.ts';

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
 * ε stands outside of the root, after the bias correction. [Kingma & Ba 2015, alg. 1](https://arxiv.org/abs/1412.6980)
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const values = adamOptions.read(options);
  const { lr, weightDecay } = values;
  const shared = moments(values);
  return sparing(values, 7, 0, {
    ...shared,
    name: 'adam',
    lr,
    hyperLength: 8,
    hyper(hyper, rate, scalars) {
      shared.hyper(hyper, rate, scalars);
      hyper[7] = weightDecay;
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
  const weightDecay = round(hyper[7]);
  for (let i = 0; i < n; i++) {
    const d = weightDecay === 0 ? g[i] : round(g[i] + round(weightDecay * theta[i]));
    m[i] = flush(round(round(beta1 * m[i]) + round(oneMinusBeta1 * d)));
    v[i] = flush(round(round(beta2 * v[i]) + round(round(oneMinusBeta2 * d) * d)));
    theta[i] -= round(round(stepSize * m[i]) / round(round(round(Math.sqrt(v[i])) * invRootC2) + epsilon));
  }
};
