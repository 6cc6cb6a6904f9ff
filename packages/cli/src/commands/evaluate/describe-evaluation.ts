import { figures as figureTable, type Interval, type Task } from '@gradloom/core/internal';
import type { Evaluation } from '@gradloom/runtime';
import type { NaiveErrors } from '@gradloom/runtime/internal';
import type { SelectedRows } from '../../files/datasets/split-names.ts';
import { binsOf } from '../../lab/figures/calibration-bins.ts';
import { MAX_SHOWN_OUTPUTS } from '../../lab/figures/column-units.ts';
import type { Curves } from '../../report/findings/findings.ts';
import type { Paint } from '../../terminal/paint.ts';
import { columns } from '../../terminal/text/columns.ts';
import { decimal, percent, plural, showLabel, whole } from '../../terminal/text/format.ts';
import { lineChart } from '../../terminal/text/line-chart.ts';
import { type ClassFigures, isRare } from './class-figures.ts';
import { type Residuals, TOO_MANY_SCORES } from './held-scores.ts';
import type { ChosenThreshold, MeasuredFigure, Resampling } from './measure-figures.ts';

/** The results of `evaluate`. */
export interface Findings {
  readonly fingerprint: string;
  readonly dataset: string;
  readonly split: SelectedRows['split'];
  readonly evaluation: Evaluation;
  readonly naive: NaiveErrors | null; // of the last value of each window; null unless rows are of a series
  readonly task: Task;
  readonly loss: string; // name of the loss
  readonly token: string | null; // what a token of a text is; null for other data
  readonly threshold: ChosenThreshold | null; // null unless the task is binary
  readonly positive: string | null; // the class that figures of a binary task refer to
  readonly figures: readonly MeasuredFigure[];
  readonly lacksRankings: boolean; // rankings are left out, since there were too many rows to hold
  readonly resampling: Resampling | null;
  readonly topK: { readonly k: number; readonly accuracy: number } | null;
  readonly calibration: Float64Array | null; // [bins, 3]: rows, mean probability, share of the class
  readonly curves: Curves | null; // null with many classes or rows
  readonly residuals: readonly Residuals[] | null; // of each output; null unless the task is values
  readonly classes: readonly ClassFigures[] | null;
  readonly omittedClasses: number | null; // number of classes, if too many for a table of classes
  readonly isOneOfSeveral?: true; // the figures are those of one of several targets
}

/** Text output: the results, what they mean, calibration, each class, and the confusion matrix if it fits. */
export function describeEvaluation(findings: Findings, width: number, paint: Paint): string[] {
  const { dataset, split, evaluation, calibration, curves, classes, omittedClasses, task } = findings;
  const { rows, positions } = evaluation;
  const splitText = { all: '', train: 'training ', validation: 'validation ', test: 'test ' }[split];
  const positionsText = positions === undefined ? '' : `, ${plural(positions, 'position')} that count`;
  const unit = positions === undefined ? 'rows' : 'positions';
  const lines = [
    `${dataset}: ${plural(rows, `${splitText}row`)}${positionsText}`,
    '',
    ...columns(figureRows(findings, paint)),
    ...explanations(findings).flatMap((sentence) => ['', `  ${sentence}`]),
    ...horizonTable(findings),
    ...(calibration === null ? [] : ['', ...calibrationTable(calibration, findings, unit)]),
    ...(task === 'binary' && curves !== null ? curveCharts(curves) : []),
  ];
  if (omittedClasses !== null)
    return [...lines, '', `  The table of ${whole(omittedClasses)} classes is left out: they are too many.`];
  return classes === null ? lines : [...lines, '', ...classTable(classes, unit), '', ...matrix(classes, width)];
}

/** Figures that are shares of the rows. */
const shareFigures: ReadonlySet<string> = new Set([
  'accuracy',
  'balanced-accuracy',
  'precision',
  'recall',
  'f1',
  'f1-weighted',
  'mape',
]);

/** A figure as text: shares of rows in percent. */
const showFigure = (name: string, value: number): string =>
  shareFigures.has(name) && Number.isFinite(value) ? percent(value) : decimal(value);

/** The figure that comes first: with a rare class not accuracy, which is high without any of its rows. */
function leadingFigure({ task, classes, figures }: Findings): MeasuredFigure['name'] {
  const counts = (classes ?? []).map(({ rows }) => rows).filter((rows) => rows > 0);
  const share = Math.min(...counts) / counts.reduce((sum, rows) => sum + rows, 0);
  if (counts.length < 2 || !isRare(share, counts.length)) return 'accuracy';
  // The ranking is that of the second of two classes.
  const isRanked = task === 'binary' && figures.some(({ name }) => name === 'pr-auc');
  return isRanked && counts[1] < counts[0] ? 'pr-auc' : 'balanced-accuracy';
}

function figureRows(findings: Findings, paint: Paint): string[][] {
  const { evaluation, naive, topK, figures, loss, token, task, residuals } = findings;
  const leading = leadingFigure(findings);
  const inOrder = figures.toSorted((a, b) => Number(b.name === leading) - Number(a.name === leading));
  const { metrics = {}, unanswered = 0 } = evaluation;
  const rows = evaluation.positions ?? evaluation.rows;
  const table: string[][] = [];
  const targets = Object.entries(evaluation.heads ?? {});
  for (const { name, value, interval } of inOrder) {
    const isMacro = task === 'classes' && (name === 'precision' || name === 'recall' || name === 'f1');
    const figureTitle = name === 'bits-per-character' && token !== null ? `bits per ${token}` : figureTable[name].title;
    const title = `${figureTitle}${isMacro ? ', mean over classes' : ''}`;
    const figureText = showFigure(name, value);
    if (name === 'mape' && Number.isNaN(value) && unanswered === 0) {
      table.push([title, 'none', '(a target is 0 or nearly 0)']);
      continue;
    }
    const cells = [title, name === leading ? paint('bold', figureText) : figureText];
    if (interval !== null) cells.push(intervalText(name, interval));
    else if (name === 'accuracy') cells.push(`(${whole(Math.round(value * rows))} of ${whole(rows)})`);
    table.push(cells);
    if (name === 'accuracy' && topK !== null) table.push([`top-${topK.k} accuracy`, percent(topK.accuracy)]);
  }
  for (const [name, { mae, rmse, r2 }] of targets) {
    const errors = Object.entries({ mae, rmse, r2 }).flatMap(([figure, value]) =>
      value === undefined ? [] : [`${figureTable[figure as 'mae' | 'rmse' | 'r2'].title} ${decimal(value)}`],
    );
    if (errors.length > 0) table.push([showLabel(name), errors.join(', ')]);
  }
  if (naive !== null) table.push(...naiveRows(naive));
  const O = residuals?.length ?? 0;
  for (const [o, { name, p5, p50, p95 }] of (residuals ?? []).entries()) {
    if (name === undefined && o === MAX_SHOWN_OUTPUTS) {
      table.push([`residuals of ${plural(O - o, 'more output')}`, 'left out', '(--json has them)']);
      break;
    }
    const title = O === 1 ? 'residuals' : `residuals of ${showLabel(name ?? `output ${o + 1}`)}`;
    table.push([title, `${decimal(p5)} to ${decimal(p95)}`, `(90 % of the rows; median ${decimal(p50)})`]);
  }
  // The RMSE above is the root of mse, in the unit of the target.
  if (task !== 'values' || loss !== 'mse') table.push(['loss', decimal(evaluation.loss), `(${loss})`]);
  if (task !== 'values') {
    for (const name of ['mae', 'rmse', 'r2'] as const) {
      const { [name]: value } = evaluation;
      if (value !== undefined) table.push([name, decimal(value)]);
    }
  }
  for (const [name, value] of Object.entries(metrics)) table.push([name, decimal(value)]);
  if (unanswered > 0) {
    const consequence = task === 'values' ? '' : ', counted as wrong';
    table.push(['no answer', plural(unanswered, 'row'), `(an output is not a finite number${consequence})`]);
  }
  return table;
}

/** Errors of the naive forecasts, to compare with those of the model. */
const naiveRows = ({ season, ...last }: NaiveErrors): string[][] =>
  [
    { ...last, what: 'the last value of the window' },
    ...(season ? [{ ...season, what: valueBefore(season) }] : []),
  ].flatMap(({ mae, rmse, what }, n) => [
    [`${n === 0 ? 'naive' : 'season'} ${figureTable.mae.title}`, decimal(mae), `(${what})`],
    [`${n === 0 ? 'naive' : 'season'} ${figureTable.rmse.title}`, decimal(rmse)],
  ]);

const valueBefore = ({ name }: { readonly name: string }): string => `the value one ${name} before`;

/** The error of each step that a series is forecast, beside those of the naive forecasts. */
function horizonTable({ naive, residuals }: Findings): string[] {
  if (naive === null || residuals === null || residuals.length < 2) return [];
  const { steps, season } = naive;
  const head = ['step', 'mae', 'rmse', 'rmse of the last value', ...(season ? [`of ${valueBefore(season)}`] : [])];
  const rows = residuals.map(({ name, mae, rmse }, h) => [
    showLabel(name ?? String(h + 1)),
    ...[mae, rmse, steps[h].rmse, ...(season ? [season.steps[h].rmse] : [])].map(decimal),
  ]);
  return ['', ...columns([head, ...rows], { right: head.map((_, c) => c).slice(1) })];
}

const intervalText = (name: string, { low, high, without }: Interval): string =>
  `${showFigure(name, low)} to ${showFigure(name, high)}${without === 0 ? '' : ` (${plural(without, 'draw')} without a value)`}`;

/** Notes: the class that figures refer to, and how thresholds and intervals were found. */
function explanations({ threshold, positive, resampling, lacksRankings, isOneOfSeveral }: Findings): string[] {
  const lines: string[] = [];
  if (threshold !== null) {
    const { value, by, on } = threshold;
    const rowsText = on?.areMeasured
      ? 'these rows themselves, so these figures are optimistic'
      : plural(on?.rows ?? 0, `${on?.split} row`);
    const reason = {
      flag: ', from --threshold',
      model: ', which the model file has',
      default: isOneOfSeveral ? '' : '; --threshold auto chooses one',
      f1: `, the best F1 on ${rowsText}`,
      youden: `, the best Youden's J on ${rowsText}`,
    }[by];
    lines.push(
      `Precision, recall and F1 are those of class ${positive}: a row is one if it scores above ${decimal(value)}${reason}.`,
    );
  }
  if (resampling !== null) {
    const { resamples, seed } = resampling;
    lines.push(
      `Intervals: 95 %, percentiles of ${plural(resamples, 'draw')} of as many rows with replacement, seed ${seed}.`,
    );
  }
  if (lacksRankings) lines.push(`ROC AUC and PR AUC are left out: ${TOO_MANY_SCORES}.`);
  return lines;
}

function calibrationTable(calibration: Float64Array, { task, positive }: Findings, unit: string): string[] {
  const shareTitle = task === 'binary' ? `share of ${positive}` : 'share right';
  const rows = binsOf(calibration).flatMap(({ from, to, rows, probability, share }) =>
    probability === null || share === null
      ? []
      : [[`${from.toFixed(1)} to ${to.toFixed(1)}`, whole(rows), percent(probability), percent(share)]],
  );
  return columns([['probability', unit, 'mean', shareTitle], ...rows], { right: [1, 2, 3] });
}

/** The ROC and the precision-recall curve of the positive class. */
const curveCharts = (curves: Curves): string[] =>
  curves.flatMap(({ label, points }) => {
    const roc = points.map(([falsePositives, recall]) => [falsePositives, recall] as const);
    const precisions = points.map(([, recall, precision]) => [recall, precision] as const);
    return [
      '',
      `  ROC curve of class ${showLabel(label)}`,
      ...lineChart([{ name: label, points: roc }], { x: 'false positives', y: 'recall', ...CHART_SIZE }),
      '',
      `  Precision-recall curve of class ${showLabel(label)}`,
      ...lineChart([{ name: label, points: precisions }], { x: 'recall', y: 'precision', ...CHART_SIZE }),
    ];
  });

const CHART_SIZE = { width: 44, height: 8 }; // characters

function classTable(classes: readonly ClassFigures[], unit: string): string[] {
  const rows = classes.map(({ label, rows, recall, precision }) => [
    showLabel(label),
    whole(rows),
    shareText(recall),
    shareText(precision),
  ]);
  return columns([['class', unit, 'recall', 'precision'], ...rows], { right: [1, 2, 3] });
}

/**
 * The confusion matrix: rows are classes, columns predictions. Rows without an answer, if any, are in the last column;
 * 0 is a dot.
 */
function matrix(classes: readonly ClassFigures[], width: number): string[] {
  const hasUnanswered = classes.some(({ unanswered }) => unanswered > 0);
  const head = ['predicted', ...classes.map(({ label }) => showLabel(label)), ...(hasUnanswered ? ['no answer'] : [])];
  const body = classes.map(({ label, answers, unanswered }) => [
    showLabel(label),
    ...[...answers, ...(hasUnanswered ? [unanswered] : [])].map((count) => (count === 0 ? '·' : String(count))),
  ]);
  const lines = columns([head, ...body], { right: head.map((_, c) => c).slice(1) });
  if (lines.every((line) => line.length <= width)) return lines;
  return [`  The confusion matrix of ${classes.length} classes is wider than this terminal: --json has it.`];
}

const shareText = (value: number): string => (Number.isNaN(value) ? '-' : percent(value));
