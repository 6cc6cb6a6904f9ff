import type { Pausable } from '../../math/pausable.ts';
import { accuracy } from './accuracy.ts';
import { balancedAccuracy, meanRecall } from './balanced-accuracy.ts';
import { brier, rowBrier } from './brier.ts';
import { calibrationError, countedCalibrationError } from './calibration-error.ts';
import { type AverageOptions, type ClassAverage, type ClassCounts, countedRates } from './class-rates.ts';
import { type Counted, countedMean, countedValues, type HeldRows, type RowNumber } from './counted.ts';
import { explainedVariance } from './explained-variance.ts';
import { classF1 } from './f1.ts';
import { logLoss, rowLogLoss } from './log-loss.ts';
import { mae } from './mae.ts';
import { mape, rowMape } from './mape.ts';
import type { Metric } from './metric.ts';
import { prRanking } from './pr-auc.ts';
import { classPrecision } from './precision.ts';
import { r2 } from './r2.ts';
import type { Ranking } from './ranking.ts';
import { classRecall } from './recall.ts';
import { rmse } from './rmse.ts';
import { rocRanking } from './roc-auc.ts';

/**
 * What a model answers. 'binary': one score a row and a target of 0 or 1; 'classes': an output a class and an index;
 * 'values': numbers.
 */
export type Task = 'binary' | 'classes' | 'values';

/** A figure over rows as `createScoring` reads them. */
export interface Figure {
  /** Its name in a sentence. */
  readonly title: string;
  /** Whether a higher value is better. */
  readonly better: 'higher' | 'lower';
  readonly tasks: readonly Task[];
  /** Whether scores must be probabilities. */
  readonly ofProbabilities: boolean;
  /** Whether it depends on the threshold of a binary task. */
  readonly decides: boolean;
  /** Whether it keeps all rows. */
  readonly keepsRows: boolean;
  /** The metric; its value may take a while if it keeps rows. */
  metric(task: Task, threshold: number): Metric & { valueInTurns?(): Pausable<number> };
  /** The same over held rows, of which some count several times. */
  counted(rows: HeldRows, task: Task, threshold: number): Pausable<Counted>;
}

type Facts = Pick<Figure, 'title'> & Partial<Figure>;

const choices = ['binary', 'classes'] as const;
const targetsOf = (task: Task): 'classes' | 'values' => (task === 'classes' ? 'classes' : 'values');
const decisionOf = (task: Task, threshold: number) => ({ targets: targetsOf(task), threshold });

/** Quick enough to need no pause of its own. */
const atOnce = (make: (rows: HeldRows, task: Task, threshold: number) => Counted): Figure['counted'] =>
  function* (rows, task, threshold) {
    yield;
    return make(rows, task, threshold);
  };

/** A figure with what most have. */
const figure = (facts: Facts & Pick<Figure, 'metric' | 'counted'>): Figure => ({
  better: 'higher',
  tasks: choices,
  ofProbabilities: false,
  decides: false,
  keepsRows: false,
  ...facts,
});

const ofClasses = (facts: Facts, family: ClassAverage, average?: AverageOptions['average']): Figure => {
  const optionsOf = (task: Task, threshold: number) => ({
    ...decisionOf(task, threshold),
    average: average ?? (task === 'binary' ? 'binary' : 'macro'),
  });
  return figure({
    decides: true,
    ...facts,
    metric: (task, threshold) => family.metric(optionsOf(task, threshold)),
    counted: atOnce((rows, task, threshold) => family.counted(rows, optionsOf(task, threshold))),
  });
};

const ofRanking = (title: string, { metric, counted }: Ranking): Figure =>
  figure({
    title,
    keepsRows: true,
    metric: (task) => metric({ targets: targetsOf(task) }),
    counted: (rows, task) => counted(rows, { targets: targetsOf(task) }),
  });

/** The mean of a number of each row. */
const ofMean = (facts: Facts, metric: (task: Task) => Metric, numberOf: (task: Task) => RowNumber): Figure =>
  figure({
    better: 'lower',
    ...facts,
    metric,
    counted: atOnce((rows, task) => countedMean(rows, numberOf(task))),
  });

const ofValues = (facts: Facts, metric: () => Metric): Figure =>
  figure({ tasks: ['values'], ...facts, metric, counted: atOnce((rows) => countedValues(rows, metric)) });

const table = {
  accuracy: figure({
    title: 'accuracy',
    decides: true,
    metric: (task, threshold) => accuracy(decisionOf(task, threshold)),
    counted: atOnce((rows, task, threshold) => countedRates(rows, decisionOf(task, threshold), shareOfRight)),
  }),
  'balanced-accuracy': figure({
    title: 'balanced accuracy',
    decides: true,
    metric: (task, threshold) => balancedAccuracy(decisionOf(task, threshold)),
    counted: atOnce((rows, task, threshold) => countedRates(rows, decisionOf(task, threshold), meanRecall)),
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
    counted: atOnce((rows, task) => countedCalibrationError(rows, { targets: targetsOf(task) })),
  }),
  mae: ofValues({ title: 'mae', better: 'lower' }, () => mae()),
  rmse: ofValues({ title: 'rmse', better: 'lower' }, () => rmse()),
  mape: ofMean(
    { title: 'mape', tasks: ['values'] },
    () => mape(),
    () => rowMape,
  ),
  r2: ofValues({ title: 'r2' }, () => r2()),
  'explained-variance': ofValues({ title: 'explained variance' }, () => explainedVariance()),
} satisfies Record<string, Figure>;

/** The name of a figure. */
export type FigureName = keyof typeof table;

/** The figures that say how well a model does, in the order in which they are shown. */
export const figures: { readonly [K in FigureName]: Figure } = table;

/** The names of the figures of a task. */
export const figuresOf = (task: Task, hasProbabilities: boolean): FigureName[] =>
  (Object.keys(table) as FigureName[]).filter(
    (name) => figures[name].tasks.includes(task) && (hasProbabilities || !figures[name].ofProbabilities),
  );

/** Right rows of all. */
function shareOfRight({ right, rows }: ClassCounts): number {
  const sum = (counts: Float64Array) => counts.reduce((total, count) => total + count, 0);
  return sum(right) / sum(rows);
}
