import { defineOptions, fraction, type OptionsOf } from '../../checks/options/index.ts';
import { type Elements, typeOf } from '../../math/element-type.ts';
import { laneMaximum, laneSum } from '../../math/lane-sum.ts';
import { mathOf } from '../../math/real-math.ts';
import type { Loss, LossKernel } from './loss.ts';

export const softmaxCrossEntropyOptions = defineOptions('softmax-cross-entropy', {
  /** ε in [0, 1): share of a target that is spread evenly over all classes. @default 0 */
  labelSmoothing: fraction(0, 'share of a target that is spread evenly over all classes, in softmax-cross-entropy'),
});

/** Options of softmax cross-entropy. */
export interface SoftmaxCrossEntropyOptions extends OptionsOf<typeof softmaxCrossEntropyOptions.table> {}

/**
 * A leaf's L = Σₙ (log Σₒ e^y[n,o] - y[n,t[n]]) of logits y and class indices t, with dy[n,o] = softmax(y[n])[o] - [o =
 * t[n]]. It uses y - m with the row's maximum m (log-sum-exp): e^(y - m) cannot overflow, and a large number common to
 * all logits costs no digits. A NaN or ∞ anywhere in a row makes its loss NaN, and so do logits that are all -∞. With
 * smoothing ε the target is 1 - ε + ε/O at o = t[n] and ε/O elsewhere, as in PyTorch. [Szegedy et al. 2016,
 * §7](https://arxiv.org/abs/1512.00567)
 */
export function softmaxCrossEntropy(options: SoftmaxCrossEntropyOptions = {}): Loss {
  const { labelSmoothing } = softmaxCrossEntropyOptions.read(options);
  const loss = { name: 'softmax-cross-entropy', targets: 'classes' } as const;
  if (labelSmoothing === 0) return { ...loss, evaluate };
  const variant = { name: 'smoothed-cross-entropy', parameter: labelSmoothing };
  return { ...loss, variant, evaluate: smoothedLoss(labelSmoothing) };
}

/** L = Σₙ log Σₒ e^c[n,o] - (1 - ε) c[n,t[n]] - ε/O Σₒ c[n,o], where c = y - m. */
const smoothedLoss =
  (smoothing: number): LossKernel =>
  (lossSums, dy, y, t, B, leafRows, O) => {
    const { round, flush, exp, log } = mathOf(typeOf(dy));
    const epsilon = round(smoothing);
    const oneMinusEpsilon = round(1 - epsilon);
    const offTarget = round(epsilon / round(O));
    const onTarget = round(oneMinusEpsilon + offTarget);
    let total = 0;
    for (let n = 0; n < B; n++) {
      if (n % leafRows === 0) total = 0;
      const row = n * O;
      const target = row + t[n];
      belowMaximum(dy, y, row, O);
      const cTarget = dy[target];
      const cSum = laneSum(round, dy, row, O);
      for (let i = row; i < row + O; i++) dy[i] = exp(dy[i]);
      const sum = laneSum(round, dy, row, O);
      for (let i = row; i < row + O; i++)
        dy[i] = flush(round(round(dy[i] / sum) - (i === target ? onTarget : offTarget)));
      total += round(round(log(sum) - round(oneMinusEpsilon * cTarget)) - round(offTarget * cSum));
      lossSums[Math.floor(n / leafRows)] = total;
    }
  };

const evaluate: LossKernel = (lossSums, dy, y, t, B, leafRows, O) => {
  const { round, flush, exp, log } = mathOf(typeOf(dy));
  let total = 0;
  for (let n = 0; n < B; n++) {
    if (n % leafRows === 0) total = 0;
    const row = n * O;
    const target = row + t[n];
    belowMaximum(dy, y, row, O);
    const cTarget = dy[target];
    for (let i = row; i < row + O; i++) dy[i] = exp(dy[i]);
    const sum = laneSum(round, dy, row, O);
    for (let i = row; i < row + O; i++) dy[i] = flush(round(round(dy[i] / sum) - (i === target ? 1 : 0)));
    total += round(log(sum) - cTarget);
    lossSums[Math.floor(n / leafRows)] = total;
  }
};

/** c[o] = y[o] - max y. Overwrites the row of `c`, which may be that of `y`. */
function belowMaximum(
  c: Elements, // [B, O] out
  y: Elements, // [B, O]
  row: number,
  O: number,
): void {
  const m = laneMaximum(y, row, O);
  for (let i = row; i < row + O; i++) c[i] = y[i] - m;
}
