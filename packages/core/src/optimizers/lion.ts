import { flush } from '../math/flush.ts';
import { onlyKeys } from '../text/check.ts';
import { fraction, nonNegative } from '../text/range.ts';
import type { Optimizer, UpdateKernel } from './optimizer.ts';
import { sparing, type WeightDecayOptions, weightDecayKeys, weightDecayOf } from './weight-decay.ts';

/** Options of Lion. */
export interface LionOptions extends WeightDecayOptions {
  /**
   * η, at least 0: every parameter changes by η in a step, so it should be 3 to 10 times smaller than for adam.
   * @default 1e-4
   */
  lr?: number;
  /** β₁ in [0, 1), the share of the momentum in the direction of a step. @default 0.9 */
  beta1?: number;
  /** β₂ in [0, 1), decay of the momentum. @default 0.99 */
  beta2?: number;
}

/**
 * c = β₁m + (1 - β₁)g; θ ← θ(1 - ηλ) - η sign(c); m ← β₂m + (1 - β₂)g. sign(0) is 0, that of NaN is NaN. The decay is
 * decoupled from the gradient and follows the schedule, as in adamw.
 * [Chen et al. 2023, alg. 2](https://arxiv.org/abs/2302.06675)
 */
export function lion(options: LionOptions = {}): Optimizer {
  onlyKeys('lion', options, ['lr', 'beta1', 'beta2', ...weightDecayKeys]);
  const beta1 = fraction('lion', 'beta1', options.beta1 ?? 0.9);
  const beta2 = fraction('lion', 'beta2', options.beta2 ?? 0.99);
  const weightDecay = weightDecayOf('lion', options);
  return sparing({ ...options, weightDecay }, 5, 1, {
    name: 'lion',
    lr: nonNegative('lion', 'lr', options.lr ?? 1e-4),
    slots: ['m'],
    initialScalars: [],
    advance() {},
    hyperLength: 6,
    hyper(hyper, rate) {
      hyper[0] = rate[0];
      hyper[1] = beta1;
      hyper[2] = 1 - beta1;
      hyper[3] = beta2;
      hyper[4] = 1 - beta2;
      hyper[5] = 1 - rate[0] * weightDecay;
    },
    update,
  });
}

const update: UpdateKernel = (theta, g, state, n, hyper) => {
  const m = state[0];
  const lr = hyper[0];
  const beta1 = hyper[1];
  const oneMinusBeta1 = hyper[2];
  const beta2 = hyper[3];
  const oneMinusBeta2 = hyper[4];
  const decay = hyper[5];
  for (let i = 0; i < n; i++) {
    const c = beta1 * m[i] + oneMinusBeta1 * g[i];
    theta[i] = theta[i] * decay - lr * Math.sign(c);
    m[i] = flush(beta2 * m[i] + oneMinusBeta2 * g[i]);
  }
};
