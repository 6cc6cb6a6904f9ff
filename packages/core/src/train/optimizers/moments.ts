import { fraction, type OptionsOf, type OptionValues, positive } from '../../options/index.ts';
import type { Optimizer } from './optimizer.ts';

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

/**
 * The common part of adam and adamw: two moments, and hyper[0..6] with the bias corrections of the step folded into two
 * scalars.
 */
export function moments({
  beta1,
  beta2,
  epsilon,
}: OptionValues<typeof momentTable>): Pick<Optimizer, 'slots' | 'initialScalars' | 'advance' | 'hyper'> {
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
