import type { EpochEvent, Evaluation, StartEvent } from '@gradloom/runtime';
import { headsOfDataset } from '@gradloom/runtime/internal';
import { briefTargets } from '../../lab/figures/target-figures.ts';
import { decimal, duration, percent, whole } from '../../terminal/text/format.ts';
import type { Recipe } from './recipe.ts';

/** Figures of an epoch as text, the most important first: the last ones are dropped where there is no room. */
export function metricsOf(
  { trainLoss, validation, test, gradientNorm, learningRate }: EpochEvent,
  unit: LossUnit = lossAsIs,
): string[] {
  const metrics: string[] = [];
  if (validation?.accuracy !== undefined) metrics.push(`accuracy ${percent(validation.accuracy)}`);
  metrics.push(...briefTargets(validation?.heads));
  if (validation?.r2 !== undefined) metrics.push(`r2 ${decimal(validation.r2)}`);
  for (const [name, value] of Object.entries(validation?.metrics ?? {})) metrics.push(`${name} ${decimal(value)}`);
  if (validation !== undefined) metrics.push(`validation ${lossText(validation, unit)}`);
  metrics.push(...testParts(test, unit));
  metrics.push(`training ${unit.name} ${unit.text(trainLoss)}`, `gradient norm ${decimal(gradientNorm)}`);
  return [...metrics, `rate ${decimal(learningRate)}`];
}

/** The line of an epoch, in at most `columns`: with shorter words, or without the last figures, if it has to be. */
export function epochText(
  { epoch, step, trainLoss, validation, test, elapsedMs }: EpochEvent,
  { totalSteps, stepsPerEpoch }: Pick<StartEvent, 'totalSteps' | 'stepsPerEpoch'>,
  unit: LossUnit = lossAsIs,
  columns: number = Number.POSITIVE_INFINITY,
): string {
  const epochs = Math.ceil(totalSteps / stepsPerEpoch);
  const position = Number.isInteger(epoch) ? `epoch ${countOf(epoch, epochs)}` : `step ${countOf(step, totalSteps)}`;
  const time = duration(elapsedMs);
  const parts = [`training ${unit.name} ${unit.text(trainLoss)}`];
  if (validation !== undefined) parts.push(`validation ${lossText(validation, unit)}`);
  if (validation?.accuracy !== undefined) parts.push(`accuracy ${percent(validation.accuracy)}`);
  parts.push(...briefTargets(validation?.heads));
  parts.push(...testParts(test, unit));
  const line = (lineParts: readonly string[]): string => [position, ...lineParts, time].join('  ');
  const short = parts.map((part) => part.replace('training', 'train').replace('validation', 'val'));
  const brief = short.map((part) => part.replace(/ \(weighed [^()]*\)/, ''));
  const fewer = brief.map((_, k) => brief.slice(0, brief.length - k));
  const fitting = [parts, short, ...fewer].find((candidate) => line(candidate).length <= columns) ?? [];
  return line(fitting);
}

/** How a loss is shown. */
export interface LossUnit {
  readonly name: string;
  text(loss: number): string;
}

export const lossAsIs: LossUnit = { name: 'loss', text: decimal };

/** The unit of the target: the loss mse of values is shown as its root. Several targets have no common unit. */
export const lossUnitOf = ({ sets: { train }, values }: Pick<Recipe, 'sets' | 'values'>): LossUnit =>
  train.classes === null && values.loss?.kind === 'mse' && (headsOfDataset(train)?.length ?? 1) === 1
    ? { name: 'RMSE', text: (loss) => decimal(Math.sqrt(loss)) }
    : lossAsIs;

/** 'loss 0.6931', or 'loss 0.6931 (weighed 0.5120)' if rows or classes have weights. */
const lossText = ({ loss, weightedLoss }: Evaluation, { name, text }: LossUnit): string =>
  `${name} ${text(loss)}${weightedLoss === undefined ? '' : ` (weighed ${text(weightedLoss)})`}`;

/** Shown with --evaluate-test; the summary notes that test rows were used. */
function testParts(test: EpochEvent['test'], { name, text }: LossUnit): string[] {
  if (test === undefined) return [];
  const loss = `test ${name} ${text(test.loss)}`;
  return test.accuracy === undefined ? [loss] : [loss, `test accuracy ${percent(test.accuracy)}`];
}

/** ' 3/10', '1,500/60,000'. */
export const countOf = (count: number, total: number): string =>
  `${whole(count).padStart(whole(total).length)}/${whole(total)}`;
