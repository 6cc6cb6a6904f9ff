import { defineOptions, nonNegative, type OptionsOf, positive } from '../../checks/options/index.ts';
import { typeOf } from '../../math/element-type.ts';
import { mathOf } from '../../math/real-math.ts';
import type { Optimizer, UpdateKernel } from './optimizer.ts';
import { type WeightDecayOptions, weightDecayTable, withGroups } from './parameter-groups.ts';

export const adagradOptions = defineOptions('adagrad', {
  /** η >= 0: the learning rate. @default 0.01 */
  lr: nonNegative(0.01, 'learning rate'),
  /** ε > 0, outside of the square root. @default 1e-10 */
  epsilon: positive(1e-10, 'added to the denominator, in {}'),
  ...weightDecayTable(0),
});

/** Options of Adagrad. */
export interface AdagradOptions extends WeightDecayOptions, OptionsOf<typeof adagradOptions.table> {}

/**
 * d = g + λθ; v ← v + d²; θ ← θ - ηd / (√v + ε). v starts at 0, as in PyTorch (Keras starts at 0.1).
 * [Duchi et al. 2011, fig. 1](https://jmlr.org/papers/v12/duchi11a.html)
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const values = adagradOptions.read(options);
  const { lr, epsilon } = values;
  return withGroups(values, ({ weightDecay }) => ({
    name: 'adagrad',
    lr,
    slots: ['v'],
    initialScalars: [],
    advance() {},
    hyperLength: 3,
    hyper(hyper, learningRate) {
      hyper[0] = learningRate[0];
      hyper[1] = epsilon;
      hyper[2] = weightDecay;
    },
    update,
  }));
}

const update: UpdateKernel = (theta, g, state, n, hyper) => {
  const { round, flush } = mathOf(typeOf(theta));
  const v = state[0];
  const lr = round(hyper[0]);
  const epsilon = round(hyper[1]);
  const weightDecay = round(hyper[2]);
  for (let i = 0; i < n; i++) {
    const d = weightDecay === 0 ? g[i] : round(g[i] + round(weightDecay * theta[i]));
    v[i] = flush(round(v[i] + round(d * d)));
    theta[i] -= round(round(lr * d) / round(round(Math.sqrt(v[i])) + epsilon));
  }
};
