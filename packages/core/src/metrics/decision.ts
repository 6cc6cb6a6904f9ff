import { finite, oneOf, onlyKeys } from '../text/check.ts';

export interface DecisionOptions {
  targets: 'classes' | 'values'; // 'values': one-hot rows, or 0 and 1 where there is one output
  threshold?: number; // where there is one output: above it the answer is 1; 0 on logits, default 0.5
}

/** How rows are read as classes. */
export interface Decision {
  /** The class that row n of y [B, O] answers: the largest output, or the side of the threshold; -1 if one is NaN. */
  answer(y: Float64Array, n: number, O: number): number;
  /** The class that row n of the targets names. */
  target(t: Float64Array, n: number, O: number): number;
}

/** @throws Error if an option of the metric `where` is wrong. */
export function decision(where: string, options: DecisionOptions): Decision {
  onlyKeys(where, options, ['targets', 'threshold']);
  const targets = oneOf(where, 'targets', options.targets, { classes: true, values: true });
  const threshold = finite(where, 'threshold', options.threshold ?? 0.5);
  return {
    answer: (y, n, O) => (O === 1 ? side(y[n], threshold) : argmax(y, n * O, O)),
    target: (t, n, O) => (O === 1 ? side(t[n], 0.5) : targets === 'classes' ? t[n] : argmax(t, n * O, O)),
  };
}

const side = (y: number, threshold: number): number => (Number.isNaN(y) ? -1 : y > threshold ? 1 : 0);

/** Place of the largest of y[from .. from + n - 1], counted from `from`; of equal ones the first, -1 if one is NaN. */
function argmax(y: Float64Array, from: number, n: number): number {
  let best = 0;
  for (let i = 0; i < n; i++) {
    if (Number.isNaN(y[from + i])) return -1;
    if (y[from + i] > y[from + best]) best = i;
  }
  return best;
}
