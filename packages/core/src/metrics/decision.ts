import { finite, oneOf, onlyKeys } from '../text/check.ts';
import { badOutput, NO_ANSWER } from './unanswered.ts';

/** Options for reading outputs and targets as classes. */
export interface DecisionOptions {
  /** 'classes': one index per row. 'values': one-hot rows, or 0 and 1 with one output. */
  targets: 'classes' | 'values';
  /** With one output: the threshold above which the answer is 1. 0 for logits. @default 0.5 */
  threshold?: number;
}

/** How rows are read as classes. */
export interface Decision {
  /** The predicted class of row n of y [B, O]: the largest output, or the side of the threshold; else NO_ANSWER. */
  answer(y: Float64Array, n: number, O: number): number;
  /** The class of row n of the targets; NO_ANSWER if they are values and one is not finite. */
  target(t: Float64Array, n: number, O: number): number;
}

/** @throws Error if an option of `where` is wrong. */
export function createDecision(where: string, options: DecisionOptions): Decision {
  onlyKeys(where, options, ['targets', 'threshold']);
  const targets = oneOf(where, 'targets', options.targets, { classes: true, values: true });
  const threshold = finite(where, 'threshold', options.threshold ?? 0.5);
  return {
    answer: (y, n, O) => choose(y, n, O, threshold),
    target: (t, n, O) => (targets === 'classes' && O > 1 ? t[n] : choose(t, n, O, 0.5)),
  };
}

/**
 * With several outputs, the index of the largest (the first of equal ones); with one, whether it is above the
 * threshold.
 */
function choose(y: Float64Array, n: number, O: number, threshold: number): number {
  if (badOutput(y, n, O) !== undefined) return NO_ANSWER;
  const row = n * O;
  if (O === 1) return y[row] > threshold ? 1 : 0;
  let best = 0;
  for (let o = 1; o < O; o++) if (y[row + o] > y[row + best]) best = o;
  return best;
}
