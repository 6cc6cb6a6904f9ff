import { type NoOptions, noOptions } from '../family.ts';
import { elementwiseLoss } from './elementwise.ts';
import type { Loss } from './loss.ts';

/**
 * -(t log σ(y) + (1 - t) log(1 - σ(y))) of logits y and targets t in [0, 1], mean over outputs, as PyTorch's
 * BCEWithLogitsLoss. Computed as y ([y > 0] - t) + log1p(e⁻|ʸ|): both terms are >= 0, so nothing overflows, no log of 0
 * is taken, and no digits cancel.
 */
export function binaryCrossEntropy(options: NoOptions = {}): Loss {
  noOptions('binary-cross-entropy', options);
  return elementwiseLoss({
    name: 'binary-cross-entropy',
    value: ({ round, exp, log1p }, y, t) => round(round(y * round((y > 0 ? 1 : 0) - t)) + log1p(exp(-Math.abs(y)))),
    derivative: ({ round, sigmoid }, y, t) => round(sigmoid(y) - t),
    over: 'mean',
    threshold: 0,
  });
}
