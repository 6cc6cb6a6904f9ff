import type { Elements } from '../../element-type.ts';
import { exp } from '../../math/exp.ts';
import { flush } from '../../math/flush.ts';
import { log } from '../../math/log.ts';
import { defineOptions, fraction, type OptionsOf } from '../../options/index.ts';
import type { Loss, LossKernel } from './loss.ts';

export const softmaxCrossEntropyOptions = defineOptions('softmax-cross-entropy', {
  /** ε in [0, 1): share of a target that is spread evenly over all classes. @default 0 */
  labelSmoothing: fraction(0, 'share of a target that is spread evenly over all classes, in softmax-cross-entropy'),
});

/** Options of softmax cross-entropy. */
export interface SoftmaxCrossEntropyOptions extends OptionsOf<typeof softmaxCrossEntropyOptions.table> {}

/**
 * A leaf's L = Σₙ (log Σₒ e^y[n,o] - y[n,t[n]]) of logits y and class indices t, with dy[n,o] = softmax(y[n])[o] - [o =
 * t[n]]. By log-sum-exp: e^(y - m) with the row's maximum m cannot overflow. A NaN or ∞ anywhere in a row makes its
 * loss NaN, -∞ does where the whole row has it. With smoothing ε the target is 1 - ε + ε/O at o = t[n] and ε/O
 * elsewhere, as in PyTorch. [Szegedy et al. 2016, §7](https://arxiv.org/abs/1512.00567)
 */
export function softmaxCrossEntropy(options: SoftmaxCrossEntropyOptions = {}): Loss {
  const { labelSmoothing } = softmaxCrossEntropyOptions.read(options);
  const loss = { name: 'softmax-cross-entropy', targets: 'classes' } as const;
  if (labelSmoothing === 0) return { ...loss, evaluate };
  const variant = { name: 'smoothed-cross-entropy', parameter: labelSmoothing };
  return { ...loss, variant, evaluate: smoothed(labelSmoothing) };
}

/** L = Σₙ log Σₒ e^y[n,o] - (1 - ε) y[n,t[n]] - ε/O Σₒ y[n,o]. */
const smoothed =
  (smoothing: number): LossKernel =>
  (lossSums, dy, y, t, B, leaf, O, _parameter) => {
    const off = smoothing / O;
    const on = 1 - smoothing + off;
    let total = 0;
    for (let n = 0; n < B; n++) {
      if (n % leaf === 0) total = 0;
      const row = n * O;
      const target = row + t[n];
      const yTarget = y[target]; // read before dy, which may be y
      const ySum = rowSum(y, row, O);
      const m = rowMaximum(y, row, O);
      const sum = exponentials(dy, y, row, O, m);
      for (let i = row; i < row + O; i++) dy[i] = flush(dy[i] / sum - (i === target ? on : off));
      total += log(sum) + m - (1 - smoothing) * yTarget - off * ySum;
      lossSums[Math.floor(n / leaf)] = total;
    }
  };

const evaluate: LossKernel = (lossSums, dy, y, t, B, leaf, O) => {
  let total = 0;
  for (let n = 0; n < B; n++) {
    if (n % leaf === 0) total = 0;
    const row = n * O;
    const target = row + t[n];
    const yTarget = y[target]; // read before dy, which may be y
    const m = rowMaximum(y, row, O);
    const sum = exponentials(dy, y, row, O, m);
    for (let i = row; i < row + O; i++) dy[i] = flush(dy[i] / sum - (i === target ? 1 : 0));
    total += log(sum) + m - yTarget;
    lossSums[Math.floor(n / leaf)] = total;
  }
};

/** Σ y[o] in four lanes o mod 4, joined (l₀ + l₁) + (l₂ + l₃). */
function rowSum(
  y: Elements, // [B, O]
  row: number,
  O: number,
): number {
  const lanes = [0, 0, 0, 0];
  for (let o = 0; o < O; o++) lanes[o & 3] += y[row + o];
  return lanes[0] + lanes[1] + (lanes[2] + lanes[3]);
}

/** max y[o], in four lanes o mod 4 that start at -∞ and take what is greater, joined (l₀, l₁), (l₂, l₃), then both. */
function rowMaximum(
  y: Elements, // [B, O]
  row: number,
  O: number,
): number {
  let l0 = -Infinity;
  let l1 = -Infinity;
  let l2 = -Infinity;
  let l3 = -Infinity;
  let o = 0;
  for (; o + 3 < O; o += 4) {
    l0 = greater(y[row + o], l0);
    l1 = greater(y[row + o + 1], l1);
    l2 = greater(y[row + o + 2], l2);
    l3 = greater(y[row + o + 3], l3);
  }
  if (o < O) l0 = greater(y[row + o], l0);
  if (o + 1 < O) l1 = greater(y[row + o + 1], l1);
  if (o + 2 < O) l2 = greater(y[row + o + 2], l2);
  return greater(greater(l3, l2), greater(l1, l0));
}

/**
 * e[o] = e^(y[o] - m), and their sum in four lanes o mod 4, joined (l₀ + l₁) + (l₂ + l₃). Overwrites the row of `e`.
 */
function exponentials(
  e: Elements, // [B, O] out
  y: Elements, // [B, O]
  row: number,
  O: number,
  m: number,
): number {
  let l0 = 0;
  let l1 = 0;
  let l2 = 0;
  let l3 = 0;
  let o = 0;
  for (; o + 3 < O; o += 4) {
    l0 += e[row + o] = exp(y[row + o] - m);
    l1 += e[row + o + 1] = exp(y[row + o + 1] - m);
    l2 += e[row + o + 2] = exp(y[row + o + 2] - m);
    l3 += e[row + o + 3] = exp(y[row + o + 3] - m);
  }
  if (o < O) l0 += e[row + o] = exp(y[row + o] - m);
  if (o + 1 < O) l1 += e[row + o + 1] = exp(y[row + o + 1] - m);
  if (o + 2 < O) l2 += e[row + o + 2] = exp(y[row + o + 2] - m);
  return l0 + l1 + (l2 + l3);
}

/** z where z > lane; a lane never takes a NaN. */
const greater = (z: number, lane: number): number => (z > lane ? z : lane);
