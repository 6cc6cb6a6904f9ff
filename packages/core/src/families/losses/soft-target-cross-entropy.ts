import { typeOf } from '../../math/element-type.ts';
import { laneMaximum, laneSum } from '../../math/lane-sum.ts';
import { mathOf } from '../../math/real-math.ts';
import { type NoOptions, noOptions } from '../family.ts';
import type { Loss, LossKernel } from './loss.ts';

/**
 * Cross-entropy with targets t that are a probability for each class, such as the answers of another model: a leaf's
 * L = Σₙ (T[n] log Σₒ e^c[n,o] - Σₒ t[n,o] c[n,o]) of logits y, where c[n,o] = y[n,o] - max y[n] and T[n] = Σₒ t[n,o],
 * with dy = T[n] softmax(y[n]) - t[n]. Its least value is the entropy of the targets. As PyTorch's `cross_entropy` with
 * probabilities. [Hinton et al. 2015](https://arxiv.org/abs/1503.02531)
 */
export function softTargetCrossEntropy(options: NoOptions = {}): Loss {
  noOptions('soft-target-cross-entropy', options);
  return { name: 'soft-target-cross-entropy', targets: 'values', evaluate };
}

const evaluate: LossKernel = (lossSums, dy, y, t, B, leafRows, O) => {
  const { round, flush, exp, log } = mathOf(typeOf(dy));
  const terms = dy.slice(0, O);
  let total = 0;
  for (let n = 0; n < B; n++) {
    if (n % leafRows === 0) total = 0;
    const row = n * O;
    const m = laneMaximum(y, row, O);
    for (let o = 0; o < O; o++) dy[row + o] = y[row + o] - m;
    for (let o = 0; o < O; o++) terms[o] = dy[row + o] * t[row + o];
    const target = laneSum(round, terms, 0, O);
    for (let i = row; i < row + O; i++) dy[i] = exp(dy[i]);
    const sum = laneSum(round, dy, row, O);
    const targets = laneSum(round, t, row, O);
    for (let i = row; i < row + O; i++) {
      const share = flush(round(dy[i] / sum));
      dy[i] = flush(round(flush(round(targets * share)) - t[i]));
    }
    total += flush(round(round(targets * log(sum)) - target));
    lossSums[Math.floor(n / leafRows)] = total;
  }
};
