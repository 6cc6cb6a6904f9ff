import { fraction, positive } from '../text/range.ts';
import type { Optimizer } from './optimizer.ts';

/** Options that adam and adamw share. */
export interface MomentOptions {
  /** β₁ in [0, 1): decay of the first moment. @default 0.9 */
  beta1?: number;
  /** β₂ in [0, 1): decay of the second moment. @default 0.999 */
  beta2?: number;
  /** ε > 0, outside of the square root. @default 1e-8 */
  epsilon?: number;
}

/**
 * The common part of adam and adamw: two moments, and hyper[0..6] with the bias corrections of the step folded into two
 * scalars.
 */
export function moments(
  name: string,
  options: MomentOptions,
): Pick<Optimizer, 'slots' | 'initialScalars' | 'advance' | 'hyper'> {
  const beta1 = fraction(name, 'beta1', options.beta1 ?? 0.9);
  const beta2 = fraction(name, 'beta2', options.beta2 ?? 0.999);
  const epsilon = positive(name, 'epsilon', options.epsilon ?? 1e-8);
  return {
    slots: ['m', 'v'],
    initialScalars: [beta1, beta2],
    advance(scalars) {
      scalars[0] *= beta1;
      scalars[1] *= beta2;
    },
    hyper(hyper, rate, scalars) {
      hyper[0] = beta1;
      hyper[1] = 1 - beta1;
      hyper[2] = beta2;
      hyper[3] = 1 - beta2;
      hyper[4] = rate[0] / (1 - scalars[0]);
      hyper[5] = 1 / Math.sqrt(1 - scalars[1]);
      hyper[6] = epsilon;
    },
  };
}
