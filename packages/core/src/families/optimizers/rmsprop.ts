import { defineOptions, fraction, nonNegative, type OptionsOf, positive } from '../../checks/options/index.ts';
import { typeOf } from '../../math/element-type.ts';
import { mathOf } from '../../math/real-math.ts';
import type { Optimizer, UpdateKernel } from './optimizer.ts';
import { type WeightDecayOptions, weightDecayTable, withGroups } from './parameter-groups.ts';

export const rmspropOptions = defineOptions('rmsprop', {
  /** η >= 0: the learning rate. @default 0.01 */
  lr: nonNegative(0.01, 'learning rate'),
  /** ρ in [0, 1): decay of the mean square (alpha in PyTorch). @default 0.99 */
  decay: fraction(0.99, 'decay of the mean square in {}'),
  /** ε > 0, outside of the square root. @default 1e-8 */
  epsilon: positive(1e-8, 'added to the denominator, in {}'),
  /** μ in [0, 1): the momentum. @default 0 */
  momentum: fraction(0, 'momentum of {}'),
  ...weightDecayTable(0),
});

/** Options of RMSProp. */
export interface RmspropOptions extends WeightDecayOptions, OptionsOf<typeof rmspropOptions.table> {}

/**
 * d = g + λθ; v ← ρv + (1 - ρ)d²; u = d / (√v + ε); with momentum m ← μm + u and θ ← θ - ηm, else θ ← θ - ηu.
 * Not centred; ε is outside of the square root, as in PyTorch (in TensorFlow it is inside).
 * [Hinton 2012, lecture 6e](https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf)
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const values = rmspropOptions.read(options);
  const { lr, decay, epsilon, momentum } = values;
  return withGroups(values, ({ weightDecay }) => ({
    name: 'rmsprop',
    lr,
    slots: momentum === 0 ? ['v'] : ['v', 'momentum'],
    initialScalars: [],
    advance() {},
    hyperLength: 6,
    hyper(hyper, learningRate) {
      hyper[0] = learningRate[0];
      hyper[1] = decay;
      hyper[2] = 1 - decay;
      hyper[3] = epsilon;
      hyper[4] = momentum;
      hyper[5] = weightDecay;
    },
    update,
  }));
}

const update: UpdateKernel = (theta, g, state, n, hyper) => {
  const { round, flush } = mathOf(typeOf(theta));
  const v = state[0];
  const m = state.length > 1 ? state[1] : undefined;
  const lr = round(hyper[0]);
  const decay = round(hyper[1]);
  const oneMinusDecay = round(hyper[2]);
  const epsilon = round(hyper[3]);
  const momentum = round(hyper[4]);
  const weightDecay = round(hyper[5]);
  for (let i = 0; i < n; i++) {
    const d = weightDecay === 0 ? g[i] : round(g[i] + round(weightDecay * theta[i]));
    v[i] = flush(round(round(decay * v[i]) + round(round(oneMinusDecay * d) * d)));
    const u = round(d / round(round(Math.sqrt(v[i])) + epsilon));
    if (m !== undefined) m[i] = flush(round(round(momentum * m[i]) + u));
    theta[i] -= round(lr * (m === undefined ? u : m[i]));
  }
};
