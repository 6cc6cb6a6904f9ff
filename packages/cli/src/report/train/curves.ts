import type { Spread } from '@gradloom/runtime';
import { chartsOf, type RunChart, type RunChartKind } from '../../lab/figures/run-charts.ts';
import { capital, decimal, percent, plural, whole } from '../../terminal/text/format.ts';
import type { BandPoint } from '../../terminal/text/thin.ts';
import { axisRange, highest, lowest, percentRange, shortNumber } from '../axes.ts';
import { type Level, lineChart, type Series } from '../charts/line-chart.ts';
import { courseOf } from '../course.ts';
import type { Picture } from '../picture.ts';
import { strokeOf } from '../theme.ts';
import type { EpochFigures, StepFigures } from './run-lines.ts';
import type { TrainRun } from './train-run.ts';

/** Above this ratio of the highest to the lowest loss, the scale is logarithmic. */
const WIDE_RANGE = 15;

/** Loss, metrics, learning rate and gradient norm, by step and epoch. */
export function curves(run: TrainRun): Picture[] {
  if (run.epochs.length === 0 && run.steps.length === 0) return [];
  return chartsOf(run.lossName === 'RMSE', run.epochs).flatMap((chart) => pictureOf[chart.kind](run, chart) ?? []);
}

const pictureOf: Readonly<Record<RunChartKind, (run: TrainRun, chart: RunChart) => Picture | null>> = {
  loss: lossCurve,
  accuracy: accuracyCurve,
  rmse: validationCurve,
  perplexity: validationCurve,
  'learning-rate': learningRateCurve,
  'gradient-norm': gradientNormCurve,
};

/** Addition in legends to a figure of the test rows that the run measured in each epoch. */
export const TEST_USE = 'looked at during training';

/** Sentences in captions on a figure of the test rows. */
const lookedAtText = (figure: string): string =>
  `Test: ${figure} of the test rows after each epoch. They were ${TEST_USE} (--evaluate-test): once a choice is based on these figures, they are no longer an unbiased estimate.`;

/** Reads a number of an epoch; undefined, null or NaN if it has none. */
export type Figure = (line: EpochFigures) => number | null | undefined;

/** Epochs that have the figure, by their number or at the x of another axis. */
export const pointsOf = (
  epochs: readonly EpochFigures[],
  figure: Figure,
  xOf: (line: EpochFigures) => number = ({ epoch }) => epoch,
): [number, number][] =>
  epochs
    .map((line): [number, number] => [xOf(line), figure(line) ?? Number.NaN])
    .filter(([, value]) => Number.isFinite(value));

/** Whether a chart of these values gets a logarithmic scale. */
export function spansDecades(values: readonly number[]): boolean {
  const low = lowest(values);
  return low > 0 && highest(values) / low > WIDE_RANGE;
}

/** The axis of a run's charts: epochs, with steps between them; steps, if there is at most one epoch. */
function axisOf({ config, epochs, steps }: TrainRun) {
  const stepsPerEpoch = config.stepsPerEpoch ?? Number.NaN;
  const lastStep = Math.max(epochs.at(-1)?.step ?? 0, steps.at(-1)?.step ?? 0);
  const isBySteps = lastStep <= stepsPerEpoch;
  const countsSteps = isBySteps || Number.isNaN(stepsPerEpoch); // NaN: config.json has no stepsPerEpoch to divide by
  return {
    label: isBySteps ? 'step' : stepsPerEpoch > 1 ? `epoch (of ${whole(stepsPerEpoch)} steps)` : 'epoch',
    epochLength: countsSteps ? stepsPerEpoch : 1,
    length: countsSteps ? plural(lastStep, 'step') : plural(Number((lastStep / stepsPerEpoch).toPrecision(4)), 'epoch'),
    /** An epoch is drawn at its end. */
    xOfEpoch: ({ step }: EpochFigures) => (countsSteps ? step : step / stepsPerEpoch),
    /** Several steps are drawn at their middle, a single step at its end. They begin after step `first`. */
    xOfSteps: ({ first, step }: StepFigures) =>
      (step === first + 1 ? step : (first + step) / 2) / (isBySteps ? 1 : stepsPerEpoch),
  };
}

type Axis = ReturnType<typeof axisOf>;

const seriesOf = ({ epochs }: TrainRun, axis: Axis, figure: Figure | undefined): [number, number][] =>
  figure === undefined ? [] : pointsOf(epochs, figure, axis.xOfEpoch);

const bandOf = ({ steps }: TrainRun, axis: Axis, figure: 'loss' | 'gradientNorm' | 'learningRate'): BandPoint[] =>
  steps.map((line): BandPoint => {
    const { low, mean, high }: Spread = line[figure];
    return [axis.xOfSteps(line), low, mean, high];
  });

/** A band of steps, with the means of epochs on top; only one of them if the other would add nothing. */
function bandAndMeans(run: TrainRun, axis: Axis, figure: { step: 'loss' | 'gradientNorm'; epoch: Figure }) {
  const steps = bandOf(run, axis, figure.step);
  const stepsPerEpoch = run.config.stepsPerEpoch ?? Number.NaN;
  const showsSteps = steps.length > 1;
  // With steps shown, the mean of an epoch is drawn in its middle.
  const shift = showsSteps ? axis.epochLength / 2 : 0;
  // At an evaluation within an epoch there is no mean of a whole one.
  const wholeEpochs = run.epochs.filter(({ epoch }) => Number.isInteger(epoch));
  const epochPoints = pointsOf(wholeEpochs, figure.epoch, (line) => axis.xOfEpoch(line) - shift);
  const showsEpochs = !showsSteps || (stepsPerEpoch > 1 && epochPoints.length > 1);
  const stroke = showsEpochs ? { color: 'var(--soft)', dash: 'none' } : strokeOf(0);
  const drawnEpochs = wholeEpochs.filter((line) => Number.isFinite(figure.epoch(line)));
  const values = showsEpochs ? epochPoints.map(([, value]) => value) : steps.map(([, , mean]) => mean);
  return {
    means: showsEpochs ? epochPoints : null,
    band: showsSteps ? { points: steps, stroke } : null,
    values: values.length === 0 ? [Number.NaN] : values,
    /** Text for the position of the k-th value. */
    positionText: (k: number): string =>
      showsEpochs ? `epoch ${whole(drawnEpochs[k].epoch)}` : stepsText(run.steps[k]),
    shown: [...(showsEpochs ? epochPoints.map(([, value]) => value) : []), ...steps.flatMap(([, ...values]) => values)],
  };
}

/** The steps of a record as text: those after `first`, up to and including `step`. */
const stepsText = ({ first, step }: StepFigures): string =>
  step === first + 1 ? `step ${whole(step)}` : `steps ${whole(first + 1)} to ${whole(step)}`;

/** Explains the band; a band of single steps has no width. */
function bandText({ steps }: TrainRun): string {
  const longest = highest(steps.map(({ first, step }) => step - first));
  return longest > 1
    ? `The band spans the lowest and the highest of each ${whole(longest)} steps, the thin line is their mean.`
    : 'The thin line shows every step.';
}

/** Range of single steps, for the text alternative. */
function extremes(band: { readonly points: readonly BandPoint[] } | null): string {
  if (band === null) return '';
  const low = lowest(band.points.map(([, value]) => value));
  const high = highest(band.points.map(([, , , value]) => value));
  return `; of single steps from ${decimal(low)} to ${decimal(high)}`;
}

function lossCurve(run: TrainRun, chart: RunChart): Picture {
  const { name, label: lossName } = chart;
  const axis = axisOf(run);
  const { means, band, values, positionText, shown } = bandAndMeans(run, axis, {
    step: 'loss',
    epoch: ({ trainLoss }) => trainLoss,
  });
  const validation = seriesOf(run, axis, chart.validation);
  const test = seriesOf(run, axis, chart.test);
  const series: Series[] = [];
  if (means !== null) {
    series.push({ name: `training${band === null ? '' : ', mean per epoch'}`, points: means, stroke: strokeOf(0) });
  }
  if (validation.length > 0) series.push({ name: 'validation', points: validation, stroke: strokeOf(1) });
  if (test.length > 0) series.push({ name: `test, ${TEST_USE}`, points: test, stroke: strokeOf(2) });
  const [first, last] = [values[0], values[values.length - 1]];
  const bestPoint = validation.reduce((low, point) => (point[1] < low[1] ? point : low), [0, Number.POSITIVE_INFINITY]);
  const lengthAt = (x: number) => plural(Number(x.toPrecision(4)), axis.label === 'step' ? 'step' : 'epoch');
  const lowestText =
    validation.length < 2
      ? ''
      : bestPoint[0] === validation.at(-1)?.[0]
        ? `; validation ${lossName} is lowest at the end`
        : `; validation ${lossName} is lowest after ${lengthAt(bestPoint[0])}`;
  const levels = nGramLevels(run);
  const y = [...shown, ...[...validation, ...test].map(([, value]) => value)];
  const log = spansDecades(y);
  const title =
    values.length < 2
      ? `Training ${lossName}: ${decimal(last)} over ${axis.length}`
      : `Training ${lossName} ${courseOf(values, positionText)} over ${axis.length}${lowestText}`;
  return {
    name,
    title,
    caption: [
      `Training: ${means === null ? `${lossName} of each batch before its update` : 'mean over the batches of an epoch, each before its update'}.${validation.length > 0 ? ` Validation: ${lossName} on rows that are not trained on, after each epoch or part of one.` : ''}`,
      ...(test.length > 0 ? [lookedAtText(lossName)] : []),
      ...(band === null ? [] : [bandText(run)]),
      ...(levels.length === 0 ? [] : [N_GRAMS_TEXT]),
      ...(log ? ['Logarithmic scale.'] : []),
    ].join(' '),
    altText: `${lossName === 'loss' ? 'Loss' : lossName} against ${axis.label}. Training: ${decimal(first)} at first, ${decimal(last)} at the end${extremes(band)}.${validation.length > 0 ? ` Validation: ${decimal(validation[0][1])} at first, lowest ${decimal(bestPoint[1])}.` : ''}${test.length > 0 ? ` Test, ${TEST_USE}: ${endsText(test, decimal)}.` : ''}${levels.map(({ name }) => ` ${name}.`).join('')}`,
    draw: lineChart({
      series,
      levels,
      ...(band === null ? {} : { band: { name: `training${means === null ? '' : ', steps'}`, ...band } }),
      x: { label: axis.label },
      y: { label: lossName, log, ...(log ? {} : { domain: axisRange(y) }) },
    }),
  };
}

/** Explains the `nGramLevels` of a chart. */
const N_GRAMS_TEXT =
  'Dashed: validation losses of answers that know how often each token occurs, or each pair, in the training text.';

/** Losses to compare a run on a text with, as dashed lines: those of counting its tokens, and pairs of them. */
function nGramLevels({ findings }: TrainRun): Level[] {
  const { unit, unigram, bigram } = findings?.nGrams ?? { unit: '', unigram: Number.NaN, bigram: Number.NaN };
  return [
    { name: `${unit} alone ${decimal(unigram)}`, value: unigram },
    { name: `pairs of ${unit} ${decimal(bigram)}`, value: bigram },
  ].filter(({ value }) => !Number.isNaN(value));
}

const ACCURACY_TEXT = 'Share of the validation rows that are classified correctly.';
const F1_TEXT = 'Harmonic mean of precision and recall on the validation rows.';

function accuracyCurve(run: TrainRun, chart: RunChart): Picture | null {
  const axis = axisOf(run);
  const validation = seriesOf(run, axis, chart.validation);
  const test = seriesOf(run, axis, chart.test);
  if (Math.max(validation.length, test.length) < 2) return null;
  const series: Series[] = [];
  const inPercent = (points: readonly [number, number][]) =>
    points.map(([x, share]): [number, number] => [x, 100 * share]);
  if (validation.length > 0) series.push({ name: 'validation', points: inPercent(validation), stroke: strokeOf(0) });
  if (test.length > 0) series.push({ name: `test, ${TEST_USE}`, points: inPercent(test), stroke: strokeOf(2) });
  return {
    name: chart.name,
    title:
      validation.length > 0
        ? validationTitle(run, chart)
        : `Test ${chart.label}, ${TEST_USE}: ${endsText(test, percent)}`,
    caption: [
      ...(validation.length > 0 ? [chart.isF1 === true ? F1_TEXT : ACCURACY_TEXT] : []),
      ...(test.length > 0 ? [lookedAtText(chart.label)] : []),
    ].join(' '),
    altText: [
      ...(validation.length > 0 ? [`Validation ${chart.label} against epoch: ${endsText(validation, percent)}.`] : []),
      ...(test.length > 0 ? [`Test ${chart.label}, ${TEST_USE}: ${endsText(test, percent)}.`] : []),
    ].join(' '),
    draw: lineChart({
      series,
      x: { label: axis.label },
      y: {
        label: `${chart.label} (%)`,
        domain: percentRange(series.flatMap(({ points }) => points.map(([, y]) => y))),
      },
      height: 240,
      legend: test.length > 0,
    }),
  };
}

/** A figure of the validation rows that is best where it is lowest. */
function validationCurve(run: TrainRun, { name, label, validation: figure }: RunChart): Picture | null {
  const axis = axisOf(run);
  const points = seriesOf(run, axis, figure);
  if (figure === undefined || points.length < 2) return null;
  const values = points.map(([, value]) => value);
  const [epoch, bestValue] = pointsOf(run.epochs, figure).reduce((low, point) => (point[1] < low[1] ? point : low));
  const log = spansDecades(values);
  return {
    name,
    title: `Validation ${label} is lowest after ${plural(Number(epoch.toPrecision(4)), 'epoch')}: ${decimal(bestValue)}`,
    caption: `${capital(label)} on rows that are not trained on.${log ? ' Logarithmic scale.' : ''}`,
    altText: `Validation ${label} against ${axis.label}: ${endsText(points, decimal)}.`,
    draw: lineChart({
      series: [{ name: 'validation', points, stroke: strokeOf(1) }],
      x: { label: axis.label },
      y: { label, log, ...(log ? {} : { domain: axisRange(values) }) },
      height: 240,
      legend: false,
    }),
  };
}

function validationTitle({ epochs }: TrainRun, { label, validation }: RunChart): string {
  const points = validation === undefined ? [] : pointsOf(epochs, validation);
  const bestPoint = points.reduce((high, point) => (point[1] > high[1] ? point : high));
  return `Validation ${label} is highest after ${plural(bestPoint[0], 'epoch')}: ${percent(bestPoint[1])}`;
}

const endsText = (points: readonly [number, number][], format: (value: number) => string): string =>
  `${format(points[0][1])} at first, ${format(points[points.length - 1][1])} at the end`;

function learningRateCurve(run: TrainRun, { name, label }: RunChart): Picture | null {
  const axis = axisOf(run);
  const epochs = seriesOf(run, axis, ({ learningRate }) => learningRate);
  const steps = bandOf(run, axis, 'learningRate');
  const points = steps.length > 1 ? steps.map(([x, , mean]): [number, number] => [x, mean]) : epochs;
  if (points.length < 2) return null;
  const values = steps.length > 1 ? steps.flatMap(([, low, , high]) => [low, high]) : epochs.map(([, lr]) => lr);
  const [low, high] = [lowest(values), highest(values)];
  const [first, last] = [points[0][1], epochs.at(-1)?.[1] ?? points[points.length - 1][1]];
  const rises =
    high > first * 1.001
      ? `rises from ${shortNumber(first)} to ${shortNumber(high)}`
      : `starts at ${shortNumber(first)}`;
  const falls = last < high * 0.999 ? ` and falls to ${shortNumber(last)}` : '';
  const title = `The learning rate ${low === high ? `stays at ${shortNumber(low)}` : rises + falls}`;
  return {
    name,
    title,
    caption: 'Learning rate at each step, as the schedule sets it.',
    altText: `Learning rate against ${axis.label}, from ${decimal(low)} to ${decimal(high)}.`,
    draw: lineChart({
      series: [{ name: label, points, dots: false }],
      x: { label: axis.label },
      y: { label, domain: [0, high * 1.05] },
      height: 220,
    }),
  };
}

function gradientNormCurve(run: TrainRun, { name, label }: RunChart): Picture | null {
  const axis = axisOf(run);
  const figure = { step: 'gradientNorm', epoch: ({ gradientNorm }: EpochFigures) => gradientNorm } as const;
  const { means, band, values, positionText, shown } = bandAndMeans(run, axis, figure);
  if (values.length < 2) return null;
  const [first, last] = [values[0], values[values.length - 1]];
  const log = spansDecades(shown);
  return {
    name,
    title: `Gradient norm${means === null ? '' : ', mean of each epoch,'} ${courseOf(values, positionText)}`,
    caption: [
      `Euclidean norm over all parameters, before clipping${means === null ? '' : '; mean over the steps of each epoch'}.`,
      ...(band === null ? [] : [bandText(run)]),
      ...(log ? ['Logarithmic scale.'] : []),
    ].join(' '),
    altText: `Gradient norm against ${axis.label}: ${decimal(first)} at first, ${decimal(last)} at the end${extremes(band)}.`,
    draw: lineChart({
      series: means === null ? [] : [{ name: 'mean per epoch', points: means, stroke: strokeOf(0) }],
      ...(band === null ? {} : { band: { name: 'steps', ...band } }),
      x: { label: axis.label },
      y: { label, log, ...(log ? {} : { domain: axisRange(shown) }) },
      height: 240,
    }),
  };
}
