import { decimal, percent, plural } from '../../report/format.ts';
import { tick } from '../axes.ts';
import { lineChart, type Series } from '../charts/line-chart.ts';
import type { Picture } from '../picture.ts';
import type { EpochFigures, TrainRun } from './train-run.ts';

/** Beyond this ratio of the highest loss to the lowest, powers of ten show more. */
const WIDE_RANGE = 15;

/** Loss, metrics, learning rate and gradient norm over the epochs. */
export function curves({ epochs }: TrainRun): Picture[] {
  if (epochs.length === 0) return [];
  return [lossCurve(epochs), accuracyCurve(epochs), rateCurve(epochs), normCurve(epochs)].filter(
    (picture) => picture !== null,
  );
}

export const pointsOf = (epochs: readonly EpochFigures[], figure: keyof EpochFigures): [number, number][] =>
  epochs.map((line): [number, number] => [line.epoch, line[figure]]).filter(([, value]) => Number.isFinite(value));

/** Whether a chart of these values is one over powers of ten. */
export function spansDecades(values: readonly number[]): boolean {
  const high = values.reduce((a, b) => Math.max(a, b), 0);
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  return low > 0 && high / low > WIDE_RANGE;
}

function lossCurve(epochs: readonly EpochFigures[]): Picture {
  const training = pointsOf(epochs, 'trainLoss');
  const validation = pointsOf(epochs, 'validationLoss');
  const series: Series[] = [{ name: 'training', points: training }];
  if (validation.length > 0) series.push({ name: 'validation', points: validation });
  const [first, last] = [training[0]?.[1], training.at(-1)?.[1]].map((value) => value ?? Number.NaN);
  const best = validation.reduce((low, point) => (point[1] < low[1] ? point : low), [0, Number.POSITIVE_INFINITY]);
  const epoch = epochs.at(-1)?.epoch ?? 0;
  const went = last < first ? 'falls' : 'goes';
  const lowest =
    validation.length < 2
      ? ''
      : best[0] === validation.at(-1)?.[0]
        ? '; the validation loss is still at its lowest'
        : `; the validation loss is lowest after ${plural(best[0], 'epoch')}`;
  const log = spansDecades(series.flatMap(({ points }) => points.map(([, value]) => value)));
  const title =
    training.length < 2
      ? `The training loss is ${decimal(last)} over ${plural(epoch, 'epoch')}`
      : `The training loss ${went} from ${short(first)} to ${short(last)} in ${plural(epoch, 'epoch')}${lowest}`;
  return {
    name: 'loss',
    title,
    sentence: `Mean loss of an epoch’s batches, each before its update${validation.length > 0 ? '; and of the validation rows, which are not trained on' : ''}.${log ? ' Equal heights are equal factors.' : ''}`,
    alternative: `Loss against epoch. Training: ${decimal(first)} at first, ${decimal(last)} in the end.${validation.length > 0 ? ` Validation: ${decimal(validation[0][1])} at first, lowest ${decimal(best[1])} at epoch ${best[0]}.` : ''}`,
    draw: (width) => lineChart({ series, x: { label: 'epoch' }, y: { label: 'loss', log } }, width),
  };
}

function accuracyCurve(epochs: readonly EpochFigures[]): Picture | null {
  const points = pointsOf(epochs, 'validationAccuracy');
  if (points.length < 2) return null;
  const best = points.reduce((high, point) => (point[1] > high[1] ? point : high));
  const series = [
    { name: 'validation', points: points.map(([epoch, share]): [number, number] => [epoch, 100 * share]) },
  ];
  return {
    name: 'accuracy',
    title: `Of the validation rows, ${percent(best[1])} are right after ${plural(best[0], 'epoch')}, the most there was`,
    sentence: 'Share of the validation rows whose class is right.',
    alternative: `Validation accuracy against epoch: ${percent(points[0][1])} at first, ${percent(points[points.length - 1][1])} in the end.`,
    draw: (width) => lineChart({ series, x: { label: 'epoch' }, y: { label: 'accuracy (%)' }, height: 240 }, width),
  };
}

function rateCurve(epochs: readonly EpochFigures[]): Picture | null {
  const points = pointsOf(epochs, 'learningRate');
  if (points.length < 2) return null;
  const values = points.map(([, rate]) => rate);
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const [first, last] = [values[0], values[values.length - 1]];
  const rises = high > first * 1.001 ? `rises from ${short(first)} to ${short(high)}` : `starts at ${short(first)}`;
  const falls = last < high * 0.999 ? ` and falls to ${short(last)}` : '';
  const title = `The learning rate ${low === high ? `stays at ${short(low)}` : rises + falls}`;
  return {
    name: 'learning-rate',
    title,
    sentence: 'At the last step of each epoch, as the schedule sets it.',
    alternative: `Learning rate against epoch, from ${decimal(low)} to ${decimal(high)}.`,
    draw: (width) =>
      lineChart(
        {
          series: [{ name: 'learning rate', points }],
          x: { label: 'epoch' },
          y: { label: 'learning rate', domain: [0, high * 1.05] },
          height: 220,
        },
        width,
      ),
  };
}

/** Three digits are enough for a title. */
const short = (value: number): string => tick(Number(value.toPrecision(3)));

function normCurve(epochs: readonly EpochFigures[]): Picture | null {
  const points = pointsOf(epochs, 'gradientNorm');
  if (points.length < 2) return null;
  const [first, last] = [points[0][1], points[points.length - 1][1]];
  const log = spansDecades(points.map(([, norm]) => norm));
  return {
    name: 'gradient-norm',
    title: `The gradient’s norm ${last < first ? 'falls' : 'goes'} from ${short(first)} to ${short(last)}`,
    sentence: 'Root of the sum of squares over all parameters, before clipping; mean over the steps of each epoch.',
    alternative: `Gradient norm against epoch: ${decimal(first)} at first, ${decimal(last)} in the end.`,
    draw: (width) =>
      lineChart(
        {
          series: [{ name: 'gradient norm', points }],
          x: { label: 'epoch' },
          y: { label: 'norm of the gradient', log },
          height: 220,
        },
        width,
      ),
  };
}
