import { defineOptions, fraction, nonNegative, type OptionsOf } from '../../checks/options/index.ts';
import { typeOf } from '../../math/element-type.ts';
import { mathOf } from '../../math/real-math.ts';
import type { Optimizer, UpdateKernel } from './optimizer.ts';
import { type WeightDecayOptions, weightDecayTable, withGroups } from './parameter-groups.ts';

export const lionOptions = defineOptions('lion', {
  /**
   * η, at least 0: every parameter changes by η in a step, so it should be 3 to 10 times smaller than for adam.
   * @default 1e-4
   */
  lr: nonNegative(1e-4, 'learning rate'),
  /** β₁ in [0, 1), the share of the momentum in the direction of a step. @default 0.9 */
  beta1: fraction(0.9, 'share of the momentum in a step of {}'),
  /** β₂ in [0, 1), decay of the momentum. @default 0.99 */
  beta2: fraction(0.99, 'of the momentum in {}'), // the help of --beta2 lists this after adam's text
  ...weightDecayTable(0),
});

/** Options of Lion. */
export interface LionOptions extends WeightDecayOptions, OptionsOf<typeof lionOptions.table> {}

/**
 * c = β₁m + (1 - β₁)g; θ ← θ(1 - ηλ) - η sign(c); m ← β₂m + (1 - β₂)g. sign(0) is 0, sign(NaN) is NaN. The decay is
 * decoupled from the gradient and follows the schedule, as in adamw.
 * [Chen et al. 2023, alg. 2](https://arxiv.org/abs/2302.06675)
 */
export function lion(options: LionOptions = {}): Optimizer {
  const values = lionOptions.read(options);
  const { lr, beta1, beta2 } = values;
  return withGroups(values, ({ weightDecay }) => ({
    name: 'lion',
    lr,
    slots: ['m'],
    initialScalars: [],
    advance() {},
    hyperLength: 6,
    hyper(hyper, learningRate) {
      hyper[0] = learningRate[0];
      hyper[1] = beta1;
      hyper[2] = 1 - beta1;
      hyper[3] = beta2;
      hyper[4] = 1 - beta2;
      hyper[5] = 1 - learningRate[0] * weightDecay;
    },
    update,
  }));
}

const update: UpdateKernel = (theta, g, state, n, hyper) => {
  const { round, flush } = mathOf(typeOf(theta));
  const m = state[0];
  const lr = round(hyper[0]);
  const beta1 = round(hyper[1]);
  const oneMinusBeta1 = round(hyper[2]);
  const beta2 = round(hyper[3]);
  const oneMinusBeta2 = round(hyper[4]);
  const decay = round(hyper[5]);
  for (let i = 0; i < n; i++) {
    const c = round(round(beta1 * m[i]) + round(oneMinusBeta1 * g[i]));
    theta[i] = round(theta[i] * decay) - lr * Math.sign(c);
    m[i] = flush(round(round(beta2 * m[i]) + round(oneMinusBeta2 * g[i])));
  }
};
