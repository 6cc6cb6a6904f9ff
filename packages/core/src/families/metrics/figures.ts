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
import { bitsMetrics, type LogLossMetrics, perplexityMetrics } from './perplexity.ts';
import { prRanking } from './pr-auc.ts';
import { r2 } from './r2.ts';
import type { Ranking } from './ranking.ts';
import { rmse } from './rmse.ts';
import { rocRanking } from './roc-auc.ts';
import { rowMean } from './row-mean.ts';
import type { EvaluatedRows, RowValue, WeightedMetric } from './weighted-metric.ts';
import { weightedMean, weightedMetric } from './weighted-metric.ts';

/** 'binary': one score per row, target 0 or 1; 'classes': an output per class and its index; 'values': numbers. */
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
  /** Whether the metric keeps all rows. */
  readonly keepsRows: boolean;
  /** Creates the metric. If it keeps rows, computing its value may take long. */
  metric(task: Task, threshold: number): Metric & { valueInTurns?(): Pausable<number> };
  /** The metric of rows, each weighted by a count. */
  weighted(rows: EvaluatedRows, task: Task, threshold: number): Pausable<WeightedMetric>;
}

/** The title of a figure, and what differs from the defaults. */
type FigureTraits = Pick<Figure, 'title'> & Partial<Figure>;

const classTasks = ['binary', 'classes'] as const;
const targetsOf = (task: Task): 'classes' | 'values' => (task === 'classes' ? 'classes' : 'values');
const decisionOf = (task: Task, threshold: number) => ({ targets: targetsOf(task), threshold });

/** Wraps a metric that is computed fast enough to need no pauses. */
const withoutPauses = (
  make: (rows: EvaluatedRows, task: Task, threshold: number) => WeightedMetric,
): Figure['weighted'] =>
  function* (rows, task, threshold) {
    yield;
    return make(rows, task, threshold);
  };

/** Creates a figure, with defaults for most properties. */
const figure = (traits: FigureTraits & Pick<Figure, 'metric' | 'weighted'>): Figure => ({
  better: 'higher',
  tasks: classTasks,
  ofProbabilities: false,
  ofPositions: false,
  keepsRows: false,
  ...traits,
});

const classFigure = (traits: FigureTraits, family: ClassAverage, average?: AverageOptions['average']): Figure => {
  const optionsOf = (task: Task, threshold: number) => ({
    ...decisionOf(task, threshold),
    average: average ?? (task === 'binary' ? 'binary' : 'macro'),
  });
  return figure({
    ...traits,
    metric: (task, threshold) => family.metric(optionsOf(task, threshold)),
    weighted: withoutPauses((rows, task, threshold) => family.weighted(rows, optionsOf(task, threshold))),
  });
};

const rankingFigure = (title: string, { metric, weighted }: Ranking): Figure =>
  figure({
    title,
    keepsRows: true,
    metric: (task) => metric({ targets: targetsOf(task) }),
    weighted: (rows, task) => weighted(rows, { targets: targetsOf(task) }),
  });

/** Creates a figure that is the mean of a number of each row. */
const meanFigure = (traits: FigureTraits, metric: (task: Task) => Metric, numberOf: (task: Task) => RowValue): Figure =>
  figure({
    better: 'lower',
    ...traits,
    metric,
    weighted: withoutPauses((rows, task) => weightedMean(rows, numberOf(task))),
  });

/** Creates a figure that is a function of the mean log loss. */
const logLossFigure = (title: string, { metric, weighted }: LogLossMetrics): Figure =>
  figure({
    title,
    better: 'lower',
    tasks: ['classes'],
    ofProbabilities: true,
    ofPositions: true,
    metric: (task) => metric({ targets: targetsOf(task) }),
    weighted: withoutPauses((rows, task) => weighted(rows, { targets: targetsOf(task) })),
  });

const valueFigure = (traits: FigureTraits, metric: () => Metric): Figure =>
  figure({ tasks: ['values'], ...traits, metric, weighted: withoutPauses((rows) => weightedMetric(rows, metric)) });

const table = {
  accuracy: figure({
    title: 'accuracy',
    metric: (task, threshold) => accuracy(decisionOf(task, threshold)),
    weighted: withoutPauses((rows, task, threshold) => weightedRates(rows, decisionOf(task, threshold), shareOfRight)),
  }),
  'balanced-accuracy': figure({
    title: 'balanced accuracy',
    metric: (task, threshold) => balancedAccuracy(decisionOf(task, threshold)),
    weighted: withoutPauses((rows, task, threshold) => weightedRates(rows, decisionOf(task, threshold), meanRecall)),
  }),
  precision: classFigure({ title: 'precision' }, classPrecision),
  recall: classFigure({ title: 'recall' }, classRecall),
  f1: classFigure({ title: 'F1' }, classF1),
  'f1-weighted': classFigure({ title: 'F1, weighted by rows', tasks: ['classes'] }, classF1, 'weighted'),
  'roc-auc': rankingFigure('ROC AUC', rocRanking),
  'pr-auc': rankingFigure('PR AUC', prRanking),
  'log-loss': meanFigure(
    { title: 'log loss', ofProbabilities: true },
    (task) => logLoss({ targets: targetsOf(task) }),
    (task) => rowLogLoss({ targets: targetsOf(task) }),
  ),
  perplexity: logLossFigure('perplexity', perplexityMetrics),
  'bits-per-character': logLossFigure('bits per character', bitsMetrics),
  brier: meanFigure(
    { title: 'Brier score', ofProbabilities: true },
    (task) => brier({ targets: targetsOf(task) }),
    (task) => rowBrier({ targets: targetsOf(task) }),
  ),
  'calibration-error': figure({
    title: 'calibration error',
    better: 'lower',
    ofProbabilities: true,
    metric: (task) => calibrationError({ targets: targetsOf(task) }),
    weighted: withoutPauses((rows, task) => weightedCalibrationError(rows, { targets: targetsOf(task) })),
  }),
  mae: valueFigure({ title: 'mae', better: 'lower' }, () => mae()),
  rmse: valueFigure({ title: 'rmse', better: 'lower' }, () => rmse()),
  mape: meanFigure(
    { title: 'mape', tasks: ['values'] },
    () => rowMean(rowMape),
    () => rowMape,
  ),
  r2: valueFigure({ title: 'r2' }, () => r2()),
  'explained-variance': valueFigure({ title: 'explained variance' }, () => explainedVariance()),
} satisfies Record<string, Figure>;

export type FigureName = keyof typeof table;

/** All figures that rate a model, in display order. */
export const figures: { readonly [K in FigureName]: Figure } = table;

/** Figures that are no means over several targets: each target has units of its own. */
export const unitFigures: ReadonlySet<FigureName> = new Set(['mae', 'rmse', 'mape']);

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

function shareOfRight({ right, rows }: ClassCounts): number {
  const sum = (counts: Float64Array) => counts.reduce((total, count) => total + count, 0);
  return sum(right) / sum(rows);
}
