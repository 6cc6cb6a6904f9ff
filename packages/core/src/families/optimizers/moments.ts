import { fraction, type OptionsOf, type OptionValues, positive } from '../../checks/options/index.ts';
import { typeOf } from '../../math/element-type.ts';
import { mathOf } from '../../math/real-math.ts';
import type { Optimizer, UpdateKernel } from './optimizer.ts';
import { type weightDecayTable, withGroups } from './parameter-groups.ts';

export const momentTable = {
  /** β₁ in [0, 1): decay of the first moment. @default 0.9 */
  beta1: fraction(0.9, 'decay of the first moment in {}'),
  /** β₂ in [0, 1): decay of the second moment. @default 0.999 */
  beta2: fraction(0.999, 'decay of the second moment in {}'),
  /** ε > 0, outside of the square root. @default 1e-8 */
  epsilon: positive(1e-8, 'added to the denominator, in {}'),
};

/** Options that adam and adamw share. */
export interface MomentOptions extends OptionsOf<typeof momentTable> {}

/** The options of adam and adamw with their values. */
type MomentValues = OptionValues<typeof momentTable & ReturnType<typeof weightDecayTable>> & { readonly lr: number };

/**
 * Creates adam, whose weight decay adds to the gradient, or adamw, whose weight decay scales the weights. The step's
 * bias corrections are folded into hyper[4] and hyper[5].
 */
export function momentOptimizer(
  name: 'adam' | 'adamw',
  decays: 'gradient' | 'weights',
  values: MomentValues,
): Optimizer {
  const { lr, beta1, beta2, epsilon } = values;
  return withGroups(values, ({ weightDecay }) => ({
    name,
    lr,
    slots: ['m', 'v'],
    initialScalars: [beta1, beta2],
    advance(scalars) {
      scalars[0] *= beta1;
      scalars[1] *= beta2;
    },
    hyperLength: 8,
    hyper(hyper, learningRate, scalars) {
      hyper[0] = beta1;
      hyper[1] = 1 - beta1;
      hyper[2] = beta2;
      hyper[3] = 1 - beta2;
      hyper[4] = learningRate[0] / (1 - scalars[0]);
      hyper[5] = 1 / Math.sqrt(1 - scalars[1]);
      hyper[6] = epsilon;
      hyper[7] = decays === 'gradient' ? weightDecay : 1 - learningRate[0] * weightDecay;
    },
    update: updates[decays],
  }));
}

/**
 * m ← β₁m + (1 - β₁)d; v ← β₂v + (1 - β₂)d²; θ ← kθ - αₜ · m / (√v · cₜ + ε). The weight decay is in hyper[7]: with
 * 'gradient' it is λ in d = g + λθ, and k = 1; with 'weights' it is k, and d = g.
 */
const momentUpdate =
  (decays: 'gradient' | 'weights'): UpdateKernel =>
  (theta, g, state, n, hyper) => {
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
    const lambda = decays === 'gradient' ? decay : 0;
    const decayFactor = decays === 'weights' ? decay : 1; // times 1 is exact
    for (let i = 0; i < n; i++) {
      const d = lambda === 0 ? g[i] : round(g[i] + round(lambda * theta[i]));
      m[i] = flush(round(round(beta1 * m[i]) + round(oneMinusBeta1 * d)));
      v[i] = flush(round(round(beta2 * v[i]) + round(round(oneMinusBeta2 * d) * d)));
      theta[i] =
        round(theta[i] * decayFactor) -
        round(round(stepSize * m[i]) / round(round(round(Math.sqrt(v[i])) * invRootC2) + epsilon));
    }
  };

const updates = { gradient: momentUpdate('gradient'), weights: momentUpdate('weights') };
