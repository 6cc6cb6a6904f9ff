import type { Pausable } from '../../math/pausable.ts';
import { accuracy } from './accuracy.ts';
import { brier, rowBrier } from './brier.ts';
import { calibrationError, weightedCalibrationError } from './calibration-error.ts';
import {
  type AverageOptions,
  balancedAccuracy,
  type ClassAverage,
  type ClassCounts,
  classF1,
  classPrecision,
  classRecall,
  meanRecall,
  weightedRates,
} from './class-rates.ts';
import { explainedVariance } from './explained-variance.ts';
import { logLoss, rowLogLoss } from './log-loss.ts';
import { mae } from './mae.ts';
import { rowMape } from './mape.ts';
import type { Metric } from './metric.ts';
import { bitsFigure, perplexityFigure } from './perplexity.ts';
import { prRanking } from './pr-auc.ts';
import { r2 } from './r2.ts';
import type { Ranking } from './ranking.ts';
import { rmse } from './rmse.ts';
import { rocRanking } from './roc-auc.ts';
import { rowMean } from './row-mean.ts';
import type { EvaluatedRows, RowValue, WeightedMetric } from './weighted-metric.ts';
import { weightedMean, weightedMetric } from './weighted-metric.ts';

/**
 * The kind of a model's answers. 'binary': one score per row and a target of 0 or 1; 'classes': one output per class
 * and a class index; 'values': numbers.
 */
export type Task = 'binary' | 'classes' | 'values';

/** A figure over rows as read by `createScoring`: its properties and its metric. */
export interface Figure {
  /** Name of the figure in a sentence. */
  readonly title: string;
  /** Whether a higher value is better. */
  readonly better: 'higher' | 'lower';
  readonly tasks: readonly Task[];
  /** Whether scores must be probabilities. */
  readonly ofProbabilities: boolean;
  /** Whether rows must be positions of a sequence. */
  readonly ofPositions: boolean;
  /** Whether the figure depends on the threshold of a binary task. */
  readonly usesThreshold: boolean;
  /** Whether the metric keeps all rows. */
  readonly keepsRows: boolean;
  /** Creates the metric. If it keeps rows, computing its value may take long. */
  metric(task: Task, threshold: number): Metric & { valueInTurns?(): Pausable<number> };
  /** The metric of rows, each weighted by a count. */
  weighted(rows: EvaluatedRows, task: Task, threshold: number): Pausable<WeightedMetric>;
}

type Facts = Pick<Figure, 'title'> & Partial<Figure>;

const choices = ['binary', 'classes'] as const;
const targetsOf = (task: Task): 'classes' | 'values' => (task === 'classes' ? 'classes' : 'values');
const decisionOf = (task: Task, threshold: number) => ({ targets: targetsOf(task), threshold });

/** Wraps a metric that is computed fast enough to need no pauses. */
const atOnce = (make: (rows: EvaluatedRows, task: Task, threshold: number) => WeightedMetric): Figure['weighted'] =>
  function* (rows, task, threshold) {
    yield;
    return make(rows, task, threshold);
  };

/** Creates a figure, with defaults for most properties. */
const figure = (facts: Facts & Pick<Figure, 'metric' | 'weighted'>): Figure => ({
  better: 'higher',
  tasks: choices,
  ofProbabilities: false,
  ofPositions: false,
  usesThreshold: false,
  keepsRows: false,
  ...facts,
});

const ofClasses = (facts: Facts, family: ClassAverage, average?: AverageOptions['average']): Figure => {
  const optionsOf = (task: Task, threshold: number) => ({
    ...decisionOf(task, threshold),
    average: average ?? (task === 'binary' ? 'binary' : 'macro'),
  });
  return figure({
    usesThreshold: true,
    ...facts,
    metric: (task, threshold) => family.metric(optionsOf(task, threshold)),
    weighted: atOnce((rows, task, threshold) => family.weighted(rows, optionsOf(task, threshold))),
  });
};

const ofRanking = (title: string, { metric, weighted }: Ranking): Figure =>
  figure({
    title,
    keepsRows: true,
    metric: (task) => metric({ targets: targetsOf(task) }),
    weighted: (rows, task) => weighted(rows, { targets: targetsOf(task) }),
  });

/** Creates a figure that is the mean of a number of each row. */
const ofMean = (facts: Facts, metric: (task: Task) => Metric, numberOf: (task: Task) => RowValue): Figure =>
  figure({ better: 'lower', ...facts, metric, weighted: atOnce((rows, task) => weightedMean(rows, numberOf(task))) });

const ofSurprise = (title: string, { metric, weighted }: typeof perplexityFigure): Figure =>
  figure({
    title,
    better: 'lower',
    tasks: ['classes'],
    ofProbabilities: true,
    ofPositions: true,
    metric: (task) => metric({ targets: targetsOf(task) }),
    weighted: atOnce((rows, task) => weighted(rows, { targets: targetsOf(task) })),
  });

const ofValues = (facts: Facts, metric: () => Metric): Figure =>
  figure({ tasks: ['values'], ...facts, metric, weighted: atOnce((rows) => weightedMetric(rows, metric)) });

const table = {
  accuracy: figure({
    title: 'accuracy',
    usesThreshold: true,
    metric: (task, threshold) => accuracy(decisionOf(task, threshold)),
    weighted: atOnce((rows, task, threshold) => weightedRates(rows, decisionOf(task, threshold), shareOfRight)),
  }),
  'balanced-accuracy': figure({
    title: 'balanced accuracy',
    usesThreshold: true,
    metric: (task, threshold) => balancedAccuracy(decisionOf(task, threshold)),
    weighted: atOnce((rows, task, threshold) => weightedRates(rows, decisionOf(task, threshold), meanRecall)),
  }),
  precision: ofClasses({ title: 'precision' }, classPrecision),
  recall: ofClasses({ title: 'recall' }, classRecall),
  f1: ofClasses({ title: 'F1' }, classF1),
  'f1-weighted': ofClasses({ title: 'F1, weighted by rows', tasks: ['classes'] }, classF1, 'weighted'),
  'roc-auc': ofRanking('ROC AUC', rocRanking),
  'pr-auc': ofRanking('PR AUC', prRanking),
  'log-loss': ofMean(
    { title: 'log loss', ofProbabilities: true },
    (task) => logLoss({ targets: targetsOf(task) }),
    (task) => rowLogLoss({ targets: targetsOf(task) }),
  ),
  perplexity: ofSurprise('perplexity', perplexityFigure),
  'bits-per-character': ofSurprise('bits per character', bitsFigure),
  brier: ofMean(
    { title: 'Brier score', ofProbabilities: true },
    (task) => brier({ targets: targetsOf(task) }),
    (task) => rowBrier({ targets: targetsOf(task) }),
  ),
  'calibration-error': figure({
    title: 'calibration error',
    better: 'lower',
    ofProbabilities: true,
    metric: (task) => calibrationError({ targets: targetsOf(task) }),
    weighted: atOnce((rows, task) => weightedCalibrationError(rows, { targets: targetsOf(task) })),
  }),
  mae: ofValues({ title: 'mae', better: 'lower' }, () => mae()),
  rmse: ofValues({ title: 'rmse', better: 'lower' }, () => rmse()),
  mape: ofMean(
    { title: 'mape', tasks: ['values'] },
    () => rowMean(rowMape),
    () => rowMape,
  ),
  r2: ofValues({ title: 'r2' }, () => r2()),
  'explained-variance': ofValues({ title: 'explained variance' }, () => explainedVariance()),
} satisfies Record<string, Figure>;

export type FigureName = keyof typeof table;

/** All figures that rate a model, in display order. */
export const figures: { readonly [K in FigureName]: Figure } = table;

/** Names of the figures that apply to a task. */
export const figuresOf = ({ task, hasProbabilities, hasPositions }: FigureNeeds): FigureName[] =>
  (Object.keys(table) as FigureName[]).filter(
    (name) =>
      figures[name].tasks.includes(task) &&
      (hasProbabilities || !figures[name].ofProbabilities) &&
      (hasPositions || !figures[name].ofPositions),
  );

/** Properties of a model's rows that decide which figures it has. */
export interface FigureNeeds {
  readonly task: Task;
  readonly hasProbabilities: boolean;
  /** Whether each row is a position of a sequence. */
  readonly hasPositions: boolean;
}

/** Right rows / all rows. */
function shareOfRight({ right, rows }: ClassCounts): number {
  const sum = (counts: Float64Array) => counts.reduce((total, count) => total + count, 0);
  return sum(right) / sum(rows);
}
