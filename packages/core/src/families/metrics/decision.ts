import { defineOptions, finite, type Named, type OptionsOf, oneOf, required } from '../../checks/options/index.ts';
import { badOutput, NO_ANSWER } from './unanswered.ts';

export const decisionTable = {
  /** 'classes': one index per row, one output per class. 'values': one-hot rows, or 0 and 1 with one output. */
  targets: required(oneOf({ classes: true, values: true })),
  /** With one output and values: the threshold above which the answer is 1. 0 for logits. @default 0.5 */
  threshold: finite(0.5),
};

/** Options for reading outputs and targets as classes. */
export interface DecisionOptions extends OptionsOf<typeof decisionTable>, Named {}

/** Reads rows as classes. */
export interface Decision {
  /** Number of classes for O outputs. */
  classes(O: number): number;
  /** Predicted class of row n of y [B, O]: the largest output, or the side of the threshold; NO_ANSWER if none. */
  answer(y: ArrayLike<number>, n: number, O: number): number;
  /** Class of row n of the targets; NO_ANSWER if they are values and one is not finite. */
  target(t: Float64Array, n: number, O: number): number;
}

/** @throws OptionError if an option of `where` is wrong. */
export function createDecision(where: string, options: DecisionOptions): Decision {
  const { targets, threshold } = defineOptions(where, decisionTable).read(options);
  if (targets === 'classes') {
    // A single output means a single class (all rows of the dataset have it); a threshold would make two of it.
    return { classes: (O) => O, answer: argmax, target: (t, n) => t[n] };
  }
  return {
    classes: (O) => (O === 1 ? 2 : O),
    answer: (y, n, O) => chooseClass(y, n, O, threshold),
    target: (t, n, O) => chooseClass(t, n, O, 0.5),
  };
}

/** With one output, whether it is above the threshold; with several, the index of the largest. */
function chooseClass(y: ArrayLike<number>, n: number, O: number, threshold: number): number {
  if (O > 1) return argmax(y, n, O);
  return badOutput(y, n, O) !== undefined ? NO_ANSWER : y[n] > threshold ? 1 : 0;
}

/** The index of the largest output, the first of equal ones. */
function argmax(y: ArrayLike<number>, n: number, O: number): number {
  if (badOutput(y, n, O) !== undefined) return NO_ANSWER;
  const row = n * O;
  let best = 0;
  for (let o = 1; o < O; o++) if (y[row + o] > y[row + best]) best = o;
  return best;
}
