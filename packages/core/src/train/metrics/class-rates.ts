import { defineOptions, type Named, type OptionsOf, oneOf, count as wholeNumber } from '../../options/index.ts';
import { confusionMatrix } from './confusion-matrix.ts';
import type { Counted, HeldRows } from './counted.ts';
import { createDecision, type DecisionOptions, decisionTable } from './decision.ts';
import type { Metric } from './metric.ts';
import { NO_ANSWER } from './unanswered.ts';

const averageTable = {
  /**
   * 'binary': the figure of the positive class. 'macro': the mean over classes. 'weighted': the mean over classes, each
   * weighted by its rows. @default 'binary' for two classes, else 'macro'
   */
  average: oneOf({ binary: true, macro: true, weighted: true })(),
  /** The positive class, where the average is 'binary'. @default 1 */
  positive: wholeNumber(1),
};

/** Options of a figure that each class has. */
export interface AverageOptions extends DecisionOptions, OptionsOf<typeof averageTable>, Named {}

/** The counts of a class: its rows, the rows that are predicted as it, and those that are both. */
type ClassRate = (right: number, rows: number, predicted: number) => number;

/** A figure of each class, averaged. */
export interface ClassAverage {
  /** The metric. @throws Error if an option is wrong. */
  metric(options: AverageOptions): Metric;
  /** The same over held rows. */
  counted(rows: HeldRows, options: AverageOptions): Counted;
}

/**
 * The average of `rate` over classes. Classes that neither a target nor an answer names are left out, as in
 * scikit-learn. A row without an answer counts as a row of its class, predicted as none.
 */
export function classAverage(where: string, rate: ClassRate): ClassAverage {
  const read = defineOptions(where, { ...decisionTable, ...averageTable }).read;
  return {
    metric(options) {
      const { targets, threshold, average, positive } = read(options);
      const confusion = confusionMatrix({ targets, threshold });
      return { add: confusion.add, value: () => averageOf(confusion.value(), rate, average, positive) };
    },
    counted(rows, options) {
      const { targets, threshold, average, positive } = read(options);
      return countedConfusion(rows, { targets, threshold }, (counts) => averageOf(counts, rate, average, positive));
    },
  };
}

function averageOf(
  confusion: Float64Array, // [C, C + 1]
  rate: ClassRate,
  average: AverageOptions['average'],
  positive: number,
): number {
  const C = classesOf(confusion);
  const chosen = average ?? (C === 2 ? 'binary' : 'macro');
  const ofClass = (c: number) =>
    rate(confusion[c * (C + 1) + c], rowsOf(confusion, C, c), predictedOf(confusion, C, c));
  if (C === 0) return Number.NaN;
  if (chosen === 'binary') return positive < C ? ofClass(positive) : Number.NaN;
  let sum = 0;
  let weights = 0;
  for (let c = 0; c < C; c++) {
    const rows = rowsOf(confusion, C, c);
    if (rows === 0 && predictedOf(confusion, C, c) === 0) continue;
    const weight = chosen === 'weighted' ? rows : 1;
    sum += weight * ofClass(c);
    weights += weight;
  }
  return sum / weights;
}

/** A value of the confusion matrix, over held rows. */
export function countedConfusion(
  { rows, outputs: O, y, t }: HeldRows,
  options: DecisionOptions,
  of: (confusion: Float64Array) => number,
): Counted {
  const { classes, answer, target } = createDecision('metric', options);
  const C = classes(O);
  const cells = new Int32Array(rows);
  for (let n = 0; n < rows; n++) {
    const answered = answer(y, n, O);
    const wanted = target(t, n, O);
    cells[n] = wanted === NO_ANSWER ? NO_ANSWER : wanted * (C + 1) + (answered === NO_ANSWER ? C : answered);
  }
  return (counts) => {
    const confusion = new Float64Array(C * (C + 1));
    for (let n = 0; n < rows; n++) if (cells[n] !== NO_ANSWER) confusion[cells[n]] += counts[n];
    return of(confusion);
  };
}

/** C of a confusion matrix [C, C + 1]. */
export const classesOf = (confusion: Float64Array): number => Math.floor(Math.sqrt(confusion.length));

/** Rows of class c. */
export function rowsOf(confusion: Float64Array, C: number, c: number): number {
  let rows = 0;
  for (let i = c * (C + 1); i < (c + 1) * (C + 1); i++) rows += confusion[i];
  return rows;
}

/** Rows that are predicted as class c. */
function predictedOf(confusion: Float64Array, C: number, c: number): number {
  let rows = 0;
  for (let k = 0; k < C; k++) rows += confusion[k * (C + 1) + c];
  return rows;
}
