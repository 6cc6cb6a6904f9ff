import { count, defineOptions, type Named, type OptionsOf, oneOf } from '../../checks/options/index.ts';
import { createDecision, type DecisionOptions, decisionTable } from './decision.ts';
import type { Metric } from './metric.ts';
import { NO_ANSWER } from './unanswered.ts';
import type { EvaluatedRows, WeightedMetric } from './weighted-metric.ts';

const averageTable = {
  /**
   * 'binary': the figure of the positive class. 'macro': the mean over classes. 'weighted': the mean over classes, each
   * weighted by its rows. @default 'binary' for two classes, else 'macro'
   */
  average: oneOf({ binary: true, macro: true, weighted: true })(),
  /** The positive class, if the average is 'binary'. @default 1 */
  positive: count(1),
};

/** Options of a figure that is computed for each class. */
export interface AverageOptions extends DecisionOptions, OptionsOf<typeof averageTable>, Named {}

/** A figure of a class, from its true positives, its rows, and the rows predicted as it. */
type ClassRate = (right: number, rows: number, predicted: number) => number;

/** A metric that averages a figure over classes. */
export interface ClassAverage {
  /** The metric. @throws Error if an option is wrong. */
  metric(options: AverageOptions): Metric;
  /** The metric of rows, each weighted by a count. */
  weighted(rows: EvaluatedRows, options: AverageOptions): WeightedMetric;
}

/**
 * The average of `rate` over classes. Classes without rows and predictions are left out, as in scikit-learn. A row
 * without an answer counts as a row of its class that is predicted as none.
 */
export function classAverage(where: string, rate: ClassRate): ClassAverage {
  const { read } = defineOptions(where, { ...decisionTable, ...averageTable });
  const decisionAndRate = (options: AverageOptions): [DecisionOptions, (counts: ClassCounts) => number] => {
    const { targets, threshold, average, positive } = read(options);
    return [{ targets, threshold }, (counts) => averageOf(counts, rate, average, positive)];
  };
  return {
    metric: (options) => ratesMetric(where, ...decisionAndRate(options)),
    weighted: (rows, options) => weightedRates(rows, ...decisionAndRate(options)),
  };
}

function averageOf(
  { right, rows, predicted }: ClassCounts,
  rate: ClassRate,
  average: AverageOptions['average'],
  positive: number,
): number {
  const C = right.length;
  const averaging = average ?? (C === 2 ? 'binary' : 'macro');
  const rateOfClass = (c: number) => rate(right[c], rows[c], predicted[c]);
  if (C === 0) return Number.NaN;
  if (averaging === 'binary') return positive < C ? rateOfClass(positive) : Number.NaN;
  let sum = 0;
  let weights = 0;
  for (let c = 0; c < C; c++) {
    if (rows[c] === 0 && predicted[c] === 0) continue;
    const weight = averaging === 'weighted' ? rows[c] : 1;
    sum += weight * rateOfClass(c);
    weights += weight;
  }
  return sum / weights;
}

/** Counts of each class. They take C numbers each; a confusion matrix has C times as many cells. */
export interface ClassCounts {
  readonly right: Float64Array; // [C] correctly predicted rows
  readonly rows: Float64Array; // [C]
  readonly predicted: Float64Array; // [C] rows predicted as the class
}

const emptyCounts = (C: number): ClassCounts => ({
  right: new Float64Array(C),
  rows: new Float64Array(C),
  predicted: new Float64Array(C),
});

/** Counts a row of class `target`, predicted as `prediction`, `count` times. */
function countRow({ right, rows, predicted }: ClassCounts, target: number, prediction: number, count: number): void {
  if (target === NO_ANSWER) return;
  rows[target] += count;
  if (prediction === NO_ANSWER) return;
  predicted[prediction] += count;
  if (prediction === target) right[target] += count;
}

/** A metric computed from the counts. */
export function ratesMetric(where: string, options: DecisionOptions, rateOf: (counts: ClassCounts) => number): Metric {
  const { classes, answer, target } = createDecision(where, options);
  let counts = emptyCounts(0);
  return {
    add(y, t, B, O) {
      if (counts.rows.length === 0) counts = emptyCounts(classes(O));
      for (let n = 0; n < B; n++) countRow(counts, target(t, n, O), answer(y, n, O), 1);
    },
    value: () => rateOf(counts),
  };
}

/** `ratesMetric` of rows, each weighted by a count. */
export function weightedRates(
  { rows, outputs: O, y, t }: EvaluatedRows,
  options: DecisionOptions,
  rateOf: (counts: ClassCounts) => number,
): WeightedMetric {
  const { classes, answer, target } = createDecision('metric', options);
  const C = classes(O);
  const targets = Int32Array.from({ length: rows }, (_, n) => target(t, n, O));
  const predictions = Int32Array.from({ length: rows }, (_, n) => answer(y, n, O));
  return (rowCounts) => {
    const counts = emptyCounts(C);
    for (let n = 0; n < rows; n++) countRow(counts, targets[n], predictions[n], rowCounts[n]);
    return rateOf(counts);
  };
}

/** Right / rows of each class; 0 for a class without rows. */
export const classRecall = classAverage('metric recall', (right, rows) => (rows === 0 ? 0 : right / rows));

/** Share of a class's rows that are predicted as it, averaged over classes (see `average`). */
export const recall = (options: AverageOptions): Metric => classRecall.metric(options);

/** Right / predicted of each class; 0 for a class that no row is predicted as. */
export const classPrecision = classAverage('metric precision', (right, _rows, predicted) =>
  predicted === 0 ? 0 : right / predicted,
);

/** Share of the rows predicted as a class that belong to it, averaged over classes (see `average`). */
export const precision = (options: AverageOptions): Metric => classPrecision.metric(options);

/** 2 · right / (rows + predicted) of each class; 0 for a class without rows and predictions. */
export const classF1 = classAverage('metric f1', (right, rows, predicted) =>
  rows + predicted === 0 ? 0 : (2 * right) / (rows + predicted),
);

/** F₁, the harmonic mean of precision and recall of a class, averaged over classes (see `average`). */
export const f1 = (options: AverageOptions): Metric => classF1.metric(options);

/** Mean recall of the classes that have rows, so that all classes count the same. */
export const balancedAccuracy = (options: DecisionOptions): Metric =>
  ratesMetric('metric balanced-accuracy', options, meanRecall);

/** Mean of right / rows over classes with rows; NaN if there are none. */
export function meanRecall({ right, rows }: ClassCounts): number {
  let sum = 0;
  let classes = 0;
  for (let c = 0; c < rows.length; c++) {
    if (rows[c] === 0) continue;
    sum += right[c] / rows[c];
    classes++;
  }
  return sum / classes;
}
