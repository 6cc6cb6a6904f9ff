import { flush } from '../math/flush.ts';
import { onlyKeys } from '../text/check.ts';
import { fraction, nonNegative, positive } from '../text/range.ts';
import type { Optimizer, UpdateKernel } from './optimizer.ts';
import { sparing, type WeightDecayOptions, weightDecayKeys, weightDecayOf } from './weight-decay.ts';

/** Options of RMSProp. */
export interface RmspropOptions extends WeightDecayOptions {
  /** η >= 0: the learning rate. @default 0.01 */
  lr?: number;
  /** ρ in [0, 1): decay of the mean square (alpha in PyTorch). @default 0.99 */
  decay?: number;
  /** ε > 0, outside of the square root. @default 1e-8 */
  epsilon?: number;
  /** μ in [0, 1): the momentum. @default 0 */
  momentum?: number;
}

/**
 * d = g + λθ; v ← ρv + (1 - ρ)d²; u = d / (√v + ε); with momentum m ← μm + u and θ ← θ - ηm, else θ ← θ - ηu.
 * Not centred, ε outside of the root, as in PyTorch (TensorFlow has it inside).
 * [Hinton 2012, lecture 6e](https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf)
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  onlyKeys('rmsprop', options, ['lr', 'decay', 'epsilon', 'momentum', ...weightDecayKeys]);
  const decay = fraction('rmsprop', 'decay', options.decay ?? 0.99);
  const epsilon = positive('rmsprop', 'epsilon', options.epsilon ?? 1e-8);
  const momentum = fraction('rmsprop', 'momentum', options.momentum ?? 0);
  const weightDecay = weightDecayOf('rmsprop', options);
  return sparing({ ...options, weightDecay }, 5, 0, {
    name: 'rmsprop',
    lr: nonNegative('rmsprop', 'lr', options.lr ?? 0.01),
    slots: momentum === 0 ? ['v'] : ['v', 'momentum'],
    initialScalars: [],
    advance() {},
    hyperLength: 6,
    hyper(hyper, rate) {
      hyper[0] = rate[0];
      hyper[1] = decay;
      hyper[2] = 1 - decay;
      hyper[3] = epsilon;
      hyper[4] = momentum;
      hyper[5] = weightDecay;
    },
    update,
  });
}

const update: UpdateKernel = (theta, g, state, n, hyper) => {
  const v = state[0];
  const m = state.length > 1 ? state[1] : undefined;
  const lr = hyper[0];
  const decay = hyper[1];
  const oneMinusDecay = hyper[2];
  const epsilon = hyper[3];
  const momentum = hyper[4];
  const weightDecay = hyper[5];
  for (let i = 0; i < n; i++) {
    const d = weightDecay === 0 ? g[i] : g[i] + weightDecay * theta[i];
    v[i] = flush(decay * v[i] + oneMinusDecay * d * d);
    const u = d / (Math.sqrt(v[i]) + epsilon);
    if (m !== undefined) m[i] = flush(momentum * m[i] + u);
    theta[i] -= lr * (m === undefined ? u : m[i]);
  }
};
