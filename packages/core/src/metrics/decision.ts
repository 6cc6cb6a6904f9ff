import { finite, oneOf, onlyKeys } from '../text/check.ts';
import { badOutput, NO_ANSWER } from './unanswered.ts';

/** How outputs and targets are read as classes. */
export interface DecisionOptions {
  /** 'classes': one index a row. 'values': one-hot rows, or 0 and 1 where there is one output. */
  targets: 'classes' | 'values';
  /** Where there is one output: above it the answer is 1. 0 where outputs are logits. @default 0.5 */
  threshold?: number;
}

/** How rows are read as classes. */
export interface Decision {
  /** The class that row n of y [B, O] answers: the largest output, or the side of the threshold; else NO_ANSWER. */
  answer(y: Float64Array, n: number, O: number): number;
  /** The class that row n of the targets names; NO_ANSWER where they are values of which one is not finite. */
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

/** Of several outputs the place of the largest, of equal ones the first; of one whether it lies above the threshold. */
function choose(y: Float64Array, n: number, O: number, threshold: number): number {
  if (badOutput(y, n, O) !== undefined) return NO_ANSWER;
  const row = n * O;
  if (O === 1) return y[row] > threshold ? 1 : 0;
  let best = 0;
  for (let o = 1; o < O; o++) if (y[row + o] > y[row + best]) best = o;
  return best;
}
