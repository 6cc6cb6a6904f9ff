import { listed, ofTable, ofText, show } from '@gradloom/core/internal';
import { type Evaluation, TrainingError, type TrainResult } from '@gradloom/runtime';
import { inTurns, type NaiveErrors, naiveErrors, sentinelsIn } from '@gradloom/runtime/internal';
import { countNGrams, type NGrams } from '../../../lab/figures/n-grams.ts';
import { baselineFor } from '../../../report/findings/baseline.ts';
import type { Baseline } from '../../../report/findings/findings.ts';
import { withoutCaller } from '../../../terminal/failure.ts';
import { decimal, percent, plural, showLabel, whole } from '../../../terminal/text/format.ts';
import type { Recipe } from '../recipe.ts';
import { targetRuns } from '../target-runs.ts';
import { type LeakingColumn, leakingColumn } from './leaking-column.ts';
import { type LinearModel, trainLinear } from './linear-model.ts';
import { measureTargets } from './measure-targets.ts';
import { overfittingRemarks } from './overfitting.ts';
import { measureRareClass, type RareClass } from './rare-class.ts';

/** Results of simpler models on the same rows, and reasons to doubt the results of the run. */
export interface Assessment {
  readonly baseline: Baseline | null;
  readonly naive: NaiveErrors | null; // of the last value of each window, for a series
  readonly linear: LinearModel | null;
  readonly rare: RareClass | null; // a class whose figures accuracy hides
  readonly nGrams: NGrams | null; // of a text
  readonly targets: readonly TargetAssessment[]; // of several targets
  /** Sentences without full stops that lead the results, the gravest first. Empty if nothing speaks against them. */
  readonly remarks: readonly string[];
}

/** One of several targets of a run beside simpler answers. */
export interface TargetAssessment extends SimplerAnswers {
  readonly name: string;
  /** Average precision of the second of two classes, on the measured rows. */
  readonly averagePrecision?: number | undefined;
}

/** Figures of held-out rows, and those of simpler answers to them. */
interface SimplerAnswers {
  readonly evaluation: Evaluation | undefined;
  readonly baseline: Baseline | null;
  readonly naive: NaiveErrors | null;
  readonly linear: Evaluation | undefined;
}

/** Compares a finished run with simpler answers. `warn` is called if the linear model cannot be trained. */
export async function assess(
  recipe: Recipe,
  result: TrainResult,
  warn: (message: string) => void,
): Promise<Assessment> {
  const isWhole = result.stopped !== 'aborted';
  const linear = isWhole ? await linearOrNone(recipe, result, warn) : null;
  const nGrams = await inTurns(countNGrams(recipe.sets));
  const onLoss = lossRemarks(result.epochLosses);
  const answers = await compareAnswers(recipe, result, linear?.evaluation, await measureRareClass(recipe, result));
  const runs = targetRuns(recipe, result);
  const measuredTargets = await measureTargets(recipe, result, runs);
  const targets: (TargetAssessment & Comparison)[] = [];
  for (const { name, ...run } of runs) {
    const { rare = null, averagePrecision } = measuredTargets.get(name) ?? {};
    const linearEvaluation = linear?.evaluation.heads?.[name];
    const linearFigures = linearEvaluation && { rows: linear.evaluation.rows, ...linearEvaluation };
    const comparison = await compareAnswers(run.recipe, run.result, linearFigures, rare);
    targets.push({ name, averagePrecision, ...comparison });
  }
  const remarksOf = (kind: 'remarks' | 'leaks'): string[] => [
    ...answers[kind],
    ...targets.flatMap(({ name, [kind]: remarks }) => remarks.map((remark) => `for ${showLabel(name)}: ${remark}`)),
  ];
  const isWeak = onLoss.length > 0 || [answers, ...targets].some((comparison) => comparison.isWeak);
  const remarks = [
    ...onLoss,
    ...remarksOf('remarks'),
    ...(isWeak ? sentinelRemarks(recipe) : []),
    ...countRemarks(result.validation, nGrams),
    ...remarksOf('leaks'),
    ...overfittingRemarks(recipe, result),
    ...fewRowsRemarks(recipe, answers.evaluation),
  ];
  return { baseline: answers.baseline, naive: answers.naive, linear, rare: answers.rare, nGrams, targets, remarks };
}

/** Simpler answers to one target, and what speaks against those of the network. */
interface Comparison extends SimplerAnswers {
  readonly rare: RareClass | null;
  readonly isWeak: boolean;
  readonly remarks: readonly string[];
  readonly leaks: readonly string[]; // columns that may be known only after the answer
}

async function compareAnswers(
  recipe: Recipe,
  result: TrainResult,
  linear: Evaluation | undefined,
  rare: RareClass | null,
): Promise<Comparison> {
  const { sets } = recipe;
  const rows = sets.test ?? sets.validation;
  const evaluation = evaluationOf(recipe, result);
  const baseline = await inTurns(baselineFor(sets, result));
  const naive = result.test === undefined || rows === undefined ? null : naiveErrors(rows);
  const isWhole = result.stopped !== 'aborted';
  const leak = isWhole && recipe.table !== undefined ? leakingColumn(sets.train) : null;
  const onSimplerAnswers = comparisonRemarks(recipe, evaluation, { baseline, naive, linear }, rare);
  return {
    evaluation,
    baseline,
    naive,
    linear,
    rare,
    isWeak: onSimplerAnswers.length > 0 || rare?.recall === 0,
    remarks: [...(rare === null ? [] : rareRemarks(rare, recipe)), ...onSimplerAnswers],
    leaks: leak === null ? [] : [leakRemark(leak, recipe)],
  };
}

/** The evaluation that the figures of the results are from: of the test rows, else of the validation rows. */
const evaluationOf = ({ sets }: Recipe, { test, validation }: TrainResult): Evaluation | undefined =>
  sets.test === undefined ? validation : test;

/** The linear model; null if its training fails, since a run is complete without it. */
async function linearOrNone(
  recipe: Recipe,
  result: TrainResult,
  warn: (message: string) => void,
): Promise<LinearModel | null> {
  try {
    return await trainLinear(recipe, result);
  } catch (error) {
    if (!(error instanceof TrainingError)) warn(`no linear model to compare with: ${withoutCaller(error)}`);
    return null;
  }
}

/**
 * A loss has diverged if it ends above this multiple of its lowest epoch, and its rise undoes this share of its fall.
 */
const DIVERGENCE_FACTOR = 1.5;
const UNDONE_SHARE = 0.1;

/** A loss that falls by less than this share has not fallen. */
const MIN_FALL = 1e-3;

/** Sentences on a training loss that rose or did not fall. A single epoch says nothing about it. */
function lossRemarks(losses: Float64Array): string[] {
  if (losses.length < 2) return [];
  const [first, last] = [losses[0], losses[losses.length - 1]];
  const lowest = losses.reduce((a, b) => Math.min(a, b));
  const advice = 'a lower --lr may help';
  if (last > DIVERGENCE_FACTOR * lowest && last - lowest > UNDONE_SHARE * (first - lowest)) {
    return [`the training diverged: its loss rose from ${decimal(lowest)} to ${decimal(last)} (${advice})`];
  }
  if (last < (1 - MIN_FALL) * first) return [];
  const course = `${decimal(first)} in the first epoch, ${decimal(last)} in the last`;
  return [`the training loss did not fall: ${course} (another --lr may help, or the inputs say nothing of the target)`];
}

function rareRemarks({ label, share, recall, precision, prAuc }: RareClass, { values }: Recipe): string[] {
  const shareText = (value: number): string => (Number.isNaN(value) ? 'none' : percent(value));
  const figures = `recall ${shareText(recall)}, precision ${shareText(precision)}, PR AUC ${decimal(prAuc)}`;
  const advice =
    values['class-weight'] === undefined ? '; --class-weight balanced lets it count as much as the others' : '';
  return [`class ${showLabel(label)}: ${figures} (${percent(share)} of the training rows${advice})`];
}

/** A sentence on columns with a number that may stand for a gap. */
function sentinelRemarks({ table: openedTable }: Recipe): string[] {
  if (openedTable === undefined) return [];
  const { table } = openedTable;
  const names = sentinelsIn(table);
  if (names.length === 0) return [];
  const { scale = 'robust' } = table.options; // robust is the default of columns with such numbers
  const robust = scale === 'robust' ? '' : ', or try --scale robust';
  const problem = `numbers far outside of the others in ${listed(names.map(show), 3)}`;
  return [`${problem} may be why: empty these cells if they stand for gaps${robust}`];
}

/** Sentences on simpler answers that are as good as the network. */
function comparisonRemarks(
  { values }: Recipe,
  evaluation: Evaluation | undefined,
  { baseline, naive, linear }: Omit<SimplerAnswers, 'evaluation'>,
  rare: RareClass | null,
): string[] {
  if (evaluation === undefined || baseline === null) return [];
  // Class weights trade accuracy for the recall of rare classes, and a constant has no recall.
  if (values['class-weight'] !== undefined) {
    return [
      ...(rare !== null && rare.prAuc <= rare.share
        ? [`the network finds ${showLabel(rare.label)} no better than chance`]
        : []),
      ...linearRemarks(evaluation, linear, 'weightedLoss'),
    ];
  }
  const { accuracy, rmse } = evaluation;
  if (accuracy !== undefined) {
    const qualifier = rare === null ? '' : ', by accuracy';
    return [
      ...constantRemarks(evaluation, accuracy, baseline).map((remark) => `${remark}${qualifier}`),
      ...linearRemarks(evaluation, linear, 'accuracy'),
    ];
  }
  return [
    ...(isAbove(rmse, baseline.rmse) || rmse === baseline.rmse ? [`${NO_BETTER} ${baseline.answer}`] : []),
    ...(isAbove(rmse, naive?.rmse) ? ['the network is worse than answering the last value of the window'] : []),
    ...(isAbove(rmse, naive?.season?.rmse)
      ? [`the network is worse than answering the value one ${naive?.season?.name} before`]
      : []),
    ...linearRemarks(evaluation, linear, 'rmse'),
  ];
}

/** A sentence if the network is right no more often than a constant answer, or by no more than a standard error. */
function constantRemarks(evaluation: Evaluation, accuracy: number, { answer, accuracy: constant }: Baseline): string[] {
  const gain = accuracy - constant;
  if (gain <= 0) return [`${NO_BETTER} ${answer}`];
  return gain > errorOfShare(constant, evaluation.positions ?? evaluation.rows)
    ? []
    : [`the network is hardly better than always answering ${answer}: ${rowsOf(evaluation, gain)} more`];
}

/** A sentence if counting the tokens of a text comes to no higher loss than the network. */
function countRemarks(validation: Evaluation | undefined, nGrams: NGrams | null): string[] {
  if (validation === undefined || nGrams === null) return [];
  const { unit, unigram, bigram } = nGrams;
  if (validation.loss >= unigram) return [`the network is no better than counting single ${unit}`];
  return validation.loss >= bigram ? [`the network is no better than counting pairs of ${unit}`] : [];
}

/**
 * A sentence if a linear model is better by more than a standard error of its figure on the rows. Both answer the same
 * rows, so they differ less by chance than on different ones.
 */
export function linearRemarks(
  evaluation: Evaluation,
  linear: Evaluation | undefined,
  name: 'accuracy' | 'rmse' | 'weightedLoss',
): string[] {
  const [figure, linearFigure] = [evaluation[name], linear?.[name]];
  if (figure === undefined || linearFigure === undefined) return [];
  if (name !== 'accuracy') {
    // The standard error: of an RMSE for n normal errors; of a mean for n losses whose deviation is about their mean.
    const error = linearFigure / Math.sqrt(name === 'rmse' ? 2 * evaluation.rows : evaluation.rows);
    if (figure - linearFigure <= error) return [];
    const losses = `${figure.toPrecision(3)}; linear ${linearFigure.toPrecision(3)}`;
    return [name === 'rmse' ? WORSE_THAN_LINEAR : `${WORSE_THAN_LINEAR}, by its loss with class weights (${losses})`];
  }
  const rows = evaluation.positions ?? evaluation.rows;
  const gap = linearFigure - figure;
  const isClear = Math.round(gap * rows) >= MIN_GAP_ROWS && gap > errorOfShare(linearFigure, rows);
  return isClear ? [`${WORSE_THAN_LINEAR}, by ${rowsOf(evaluation, gap)}`] : [];
}

/** Fewer rows tell nothing: in a paired test the difference of d rows is at most √d standard errors. */
const MIN_GAP_ROWS = 4;

/** Standard error of a share of rows. */
const errorOfShare = (share: number, rows: number): number => Math.sqrt((share * (1 - share)) / rows);

/** Figures of fewer rows get a caveat. */
const FEW_ROWS = 50;

const NOTHING_HELD_OUT = 'no row was held out, so nothing says how the network answers new rows';

/** A sentence on figures of few rows: for a share, what it may be on new rows. */
function fewRowsRemarks({ sets, values, table, decisions }: Recipe, evaluation: Evaluation | undefined): string[] {
  // A series or a text has no folds.
  const { preprocessing } = sets.train;
  const isInOrder = ofTable(preprocessing)?.series !== undefined || ofText(preprocessing) !== undefined;
  const advice = values.folds === undefined && !isInOrder ? ' (try --folds 5)' : '';
  const isOwnData = table !== undefined || decisions !== undefined;
  if (isOwnData && sets.test === undefined && sets.validation === undefined) return [NOTHING_HELD_OUT + advice];
  // Rows that are also the training rows say nothing of new ones.
  if (evaluation === undefined || sets.test === sets.train) return [];
  const { rows, positions, accuracy } = evaluation;
  if (rows >= FEW_ROWS || positions !== undefined) return []; // rows of many positions have many answers
  const split = sets.test === undefined ? 'validation' : 'test';
  const subject = `${plural(rows, `${split} row`)} ${rows === 1 ? 'is' : 'are'} few`;
  if (accuracy === undefined) return [`${subject}: the figures of new rows may well be others${advice}`];
  const [low, high] = rangeOfShare(accuracy, rows).map((share) => whole(100 * share));
  return [`${subject}: of new rows, ${low} to ${high} % may be right${advice}`];
}

/** The 95 % interval of a share of rows. [Wilson 1927](https://doi.org/10.1080/01621459.1927.10502953) */
export function rangeOfShare(share: number, rows: number): [low: number, high: number] {
  const z2 = 1.96 ** 2 / rows;
  const middle = share + z2 / 2;
  const half = Math.sqrt(z2 * (share * (1 - share) + z2 / 4));
  return [(middle - half) / (1 + z2), (middle + half) / (1 + z2)];
}

export const NO_BETTER = 'the network is no better than always answering';
const WORSE_THAN_LINEAR = 'the network is worse than a linear model';

/** '2 of 15 rows'. */
const rowsOf = ({ rows, positions }: Evaluation, share: number): string =>
  `${whole(share * (positions ?? rows))} of ${plural(positions ?? rows, positions === undefined ? 'row' : 'position')}`;

/** Whether an error is larger than another, in the digits that are shown. */
const isAbove = (error: number | undefined, other: number | undefined): boolean =>
  error !== undefined && other !== undefined && error > other && decimal(error) !== decimal(other);

function leakRemark({ name, score, otherCount }: LeakingColumn, { sets }: Recipe): string {
  const target = show(ofTable(sets.train.preprocessing)?.target[0].name ?? 'the target');
  const answerText =
    sets.train.classes === null ? `has an R² of ${decimal(score)}` : `answers ${percent(score)} of the rows`;
  const also = otherCount === 0 ? '' : `, and so do ${otherCount} more`;
  return `column ${show(name)} alone ${answerText}${also}: is it known before ${target} is? (--drop ${name} leaves it out)`;
}

/** Maximum number of targets that are compared in the terminal. */
const MAX_COMPARED = 10;

/** The figures of the network and of simpler answers, a line for each target; none without held-out rows. */
export function comparisonLines(
  recipe: Recipe,
  result: TrainResult,
  { linear, targets, ...whole }: Assessment,
): readonly string[] {
  const split = recipe.sets.test === undefined ? 'validation' : 'test';
  const lineOf = ({ evaluation, baseline, naive, linear }: SimplerAnswers, targetText: string): string[] => {
    if (evaluation === undefined || baseline === null) return [];
    const isShare = evaluation.accuracy !== undefined;
    const figureOf = ({ accuracy, rmse }: { readonly accuracy?: number; readonly rmse?: number }): string =>
      isShare ? percent(accuracy ?? Number.NaN) : decimal(rmse ?? Number.NaN);
    const parts = [
      `${split} ${isShare ? 'accuracy' : 'RMSE'}${targetText} ${figureOf(evaluation)}`,
      ...(linear === undefined ? [] : [`linear model: ${figureOf(linear)}`]),
      ...(naive === null ? [] : [`last value: ${figureOf(naive)}`]),
      ...(naive?.season ? [`value one ${naive.season.name} before: ${figureOf(naive.season)}`] : []),
      `always answering ${baseline.answer}: ${figureOf(baseline)}`,
    ];
    return [parts.join('; ')];
  };
  const wholeAnswers = { ...whole, evaluation: evaluationOf(recipe, result), linear: linear?.evaluation };
  const shownTargets = targets.slice(0, MAX_COMPARED);
  return [
    ...lineOf(wholeAnswers, ''),
    ...shownTargets.flatMap((target) => lineOf(target, ` of ${showLabel(target.name)}`)),
    ...(shownTargets.length < targets.length
      ? [`and ${plural(targets.length - shownTargets.length, 'target')} more (--json)`]
      : []),
  ];
}
