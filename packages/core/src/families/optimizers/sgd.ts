import { OptionError } from '../../checks/option-error.ts';
import { defineOptions, flag, fraction, nonNegative, type OptionsOf } from '../../checks/options/index.ts';
import { typeOf } from '../../math/element-type.ts';
import { mathOf } from '../../math/real-math.ts';
import type { Optimizer, UpdateKernel } from './optimizer.ts';
import { type WeightDecayOptions, weightDecayTable, withGroups } from './parameter-groups.ts';

export const sgdOptions = defineOptions('sgd', {
  /** η >= 0: the learning rate. @default 0.01 */
  lr: nonNegative(0.01, 'learning rate'),
  /** μ in [0, 1): the momentum. @default 0 */
  momentum: fraction(0, 'momentum of {}'),
  /** Uses Nesterov momentum; `momentum` must then be above 0. @default false */
  nesterov: flag(false, 'use Nesterov momentum with {}'),
  ...weightDecayTable(0),
});

/** Options of stochastic gradient descent. */
export interface SgdOptions extends WeightDecayOptions, OptionsOf<typeof sgdOptions.table> {}

/**
 * d = g + λθ; with momentum m ← μm + d, then d = m, or d + μm with nesterov; θ ← θ - ηd. The learning rate is not part
 * of m, as in PyTorch, so a schedule takes effect at once.
 * [Sutskever et al. 2013](https://proceedings.mlr.press/v28/sutskever13.html)
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const values = sgdOptions.read(options);
  const { lr, momentum, nesterov } = values;
  if (nesterov && momentum === 0) {
    throw new OptionError('sgd', ['momentum', 'nesterov'], 'has 0, expected a number in (0, 1) with nesterov');
  }
  return withGroups(values, ({ weightDecay }) => ({
    name: 'sgd',
    lr,
    slots: momentum === 0 ? [] : ['momentum'],
    initialScalars: [],
    advance() {},
    hyperLength: 4,
    hyper(hyper, learningRate) {
      hyper[0] = learningRate[0];
      hyper[1] = momentum;
      hyper[2] = nesterov ? 1 : 0;
      hyper[3] = weightDecay;
    },
    update: momentum === 0 ? updatePlain : updateWithMomentum,
  }));
}

const updatePlain: UpdateKernel = (theta, g, _state, n, hyper) => {
  const { round } = mathOf(typeOf(theta));
  const lr = round(hyper[0]);
  const weightDecay = round(hyper[3]);
  for (let i = 0; i < n; i++) {
    const d = weightDecay === 0 ? g[i] : round(g[i] + round(weightDecay * theta[i]));
    theta[i] -= round(lr * d);
  }
};

const updateWithMomentum: UpdateKernel = (theta, g, state, n, hyper) => {
  const { round, flush } = mathOf(typeOf(theta));
  const m = state[0];
  const lr = round(hyper[0]);
  const momentum = round(hyper[1]);
  const nesterov = round(hyper[2]);
  const weightDecay = round(hyper[3]);
  for (let i = 0; i < n; i++) {
    const d = weightDecay === 0 ? g[i] : round(g[i] + round(weightDecay * theta[i]));
    m[i] = flush(round(round(momentum * m[i]) + d));
    theta[i] -= round(lr * (nesterov === 0 ? m[i] : round(d + round(momentum * m[i]))));
  }
};
