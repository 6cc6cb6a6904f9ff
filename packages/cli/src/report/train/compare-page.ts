import { formatValue } from '../../options/member.ts';
import { capital, decimal, duration, percent, whole } from '../../terminal/text/format.ts';
import type { Point } from '../../terminal/text/thin.ts';
import { shortNumber } from '../axes.ts';
import { lineChart, type Series } from '../charts/line-chart.ts';
import type { Page, Table } from '../page.ts';
import type { Picture } from '../picture.ts';
import { pointsOf, spansDecades, TEST_USE } from './curves.ts';
import { datasetName, type TrainRun } from './train-run.ts';

/** Compares runs: losses, metrics, final results, and the options that differ. */
export function comparePage(runs: readonly TrainRun[]): Page {
  const namedRuns = withNames(runs);
  // The common name of an RMSE and of other losses is 'loss'.
  const lossName = runs.every((run) => run.lossName === runs[0].lossName) ? runs[0].lossName : 'loss';
  const datasets = [...new Set(runs.map(datasetName))];
  return {
    title: `${runs.length} runs on ${datasets.join(', ')}`,
    lead: namedRuns.map(({ name }) => name).join(', '),
    chapters: [
      { title: 'Results', tables: [resultTable(namedRuns, lossName), optionTable(namedRuns)] },
      {
        title: 'Training curves',
        pictures: [
          ...curve(namedRuns, 'trainLoss', 'loss', `training ${lossName}`),
          ...curve(namedRuns, 'validationLoss', 'validation-loss', `validation ${lossName}`),
          ...curve(namedRuns, 'validationAccuracy', 'accuracy', 'validation accuracy'),
          ...curve(namedRuns, 'testLoss', 'test-loss', `test ${lossName}, ${TEST_USE}`),
          ...curve(namedRuns, 'testAccuracy', 'test-accuracy', `test accuracy, ${TEST_USE}`),
          ...curve(namedRuns, 'gradientNorm', 'gradient-norm', 'gradient norm'),
        ],
      },
    ],
  };
}

interface NamedRun {
  readonly name: string;
  readonly run: TrainRun;
}

/** Named by folder; by path if two folders have the same name. */
function withNames(runs: readonly TrainRun[]): NamedRun[] {
  const hasDuplicates = new Set(runs.map(({ name }) => name)).size < runs.length;
  return runs.map((run) => ({ name: hasDuplicates ? run.folder : run.name, run }));
}

type CurveFigure = 'trainLoss' | 'gradientNorm' | `${'validation' | 'test'}${'Loss' | 'Accuracy'}`;

function curve(runs: readonly NamedRun[], figure: CurveFigure, pictureName: string, label: string): Picture[] {
  const isShare = figure === 'validationAccuracy' || figure === 'testAccuracy';
  const series: Series[] = runs
    .map(({ name, run }) => ({
      name,
      points: pointsOfRun(run, figure).map(([x, y]): [number, number] => [x, isShare ? 100 * y : y]),
    }))
    .filter(({ points }) => points.length > 0);
  if (series.length === 0) return [];
  const ends = series.map(({ name, points }) => ({ name, value: points[points.length - 1][1] }));
  const bestEnd = ends.reduce((a, b) => ((isShare ? b.value >= a.value : b.value < a.value) ? b : a));
  const log = !isShare && spansDecades(series.flatMap(({ points }) => points.map(([, value]) => value)));
  const valueText = (value: number) => (isShare ? percent(value / 100) : shortNumber(value));
  return [
    {
      name: pictureName,
      title: `${capital(label)}: ${isShare ? 'highest' : 'lowest'} at the end in ${bestEnd.name}, ${valueText(bestEnd.value)}`,
      caption: `One line per run, by epoch.${log ? ' Logarithmic scale.' : ''}`,
      altText: ends.map(({ name, value }) => `${name}: ${valueText(value)} at the end`).join('; '),
      draw: lineChart({ series, x: { label: 'epoch' }, y: { label: isShare ? `${label} (%)` : label, log } }),
    },
  ];
}

/** A run of one epoch is drawn by its steps. */
function pointsOfRun({ epochs, steps, config }: TrainRun, figure: CurveFigure): readonly Point[] {
  const stepFigure = figure === 'trainLoss' ? 'loss' : figure === 'gradientNorm' ? figure : null;
  if (stepFigure === null || epochs.length > 1 || steps.length < 2) return pointsOf(epochs, (line) => line[figure]);
  return steps.map((line) => [line.step / (config.stepsPerEpoch ?? Number.NaN), line[stepFigure].mean]);
}

/** Figures that at least one of the runs has, a row for each. */
function resultTable(runs: readonly NamedRun[], lossName: string): Table {
  const columns: [string, (run: TrainRun) => number | undefined, (value: number) => string][] = [
    ['test accuracy', ({ findings }) => findings?.result.testAccuracy, percent],
    ['test RMSE', ({ findings }) => findings?.result.testRmse, decimal],
    ['test R²', ({ findings }) => findings?.result.testR2, decimal],
    ['test loss', ({ findings, lossName }) => (lossName === 'loss' ? findings?.result.testLoss : undefined), decimal],
    ['test perplexity', ({ findings }) => findings?.result.testPerplexity, decimal],
    ['linear accuracy', ({ findings }) => findings?.result.linearAccuracy, percent],
    ['linear RMSE', ({ findings }) => findings?.result.linearRmse, decimal],
    ['baseline accuracy', ({ findings }) => findings?.baseline?.accuracy, percent],
    ['baseline RMSE', ({ findings }) => findings?.baseline?.rmse, decimal],
    ['validation accuracy', ({ epochs }) => epochs.at(-1)?.validationAccuracy, percent],
    [`validation ${lossName}`, ({ epochs }) => epochs.at(-1)?.validationLoss, decimal],
    ['validation perplexity', ({ epochs }) => epochs.at(-1)?.validationPerplexity, decimal],
    [`training ${lossName}`, ({ findings, epochs }) => findings?.result.trainLoss ?? epochs.at(-1)?.trainLoss, decimal],
    ['steps', ({ findings, epochs }) => findings?.result.steps ?? epochs.at(-1)?.step, whole],
    ['parameters', ({ config }) => config.parameters, whole],
    ['training time', ({ findings }) => findings?.result.elapsedMs, duration],
    ['samples per second', ({ findings }) => findings?.result.samplesPerSecond, whole],
    ['threads', ({ findings }) => findings?.result.threads, whole],
  ];
  const rows = columns
    .map(([head, read, format]) => [
      head,
      ...runs.map(({ run }) => {
        const value = read(run) ?? Number.NaN;
        return Number.isNaN(value) ? '-' : format(value);
      }),
    ])
    .filter(([, ...texts]) => texts.some((text) => text !== '-'));
  const fingerprint = ({ run: { findings } }: NamedRun): string =>
    findings === null ? 'unfinished' : findings.result.fingerprint.slice(0, 8);
  return {
    title: 'Figures',
    head: ['', ...runs.map(({ name }) => name)],
    rows: [...rows, ['fingerprint', ...runs.map(fingerprint)]],
    numeric: runs.map((_, k) => k + 1),
  };
}

function optionTable(runs: readonly NamedRun[]): Table {
  const flags = [...new Set(runs.flatMap(({ run }) => Object.keys(run.config.options)))];
  const textOfOption = ({ run }: NamedRun, flag: string) =>
    Object.hasOwn(run.config.options, flag) ? formatValue(run.config.options[flag]) : 'default';
  const rows = flags
    .map((flag) => [`--${flag}`, ...runs.map((run) => textOfOption(run, flag))])
    .filter(([, first, ...others]) => others.some((other) => other !== first));
  return {
    title: rows.length === 0 ? 'The runs have the same options' : 'Options that differ',
    head: ['', ...runs.map(({ name }) => name)],
    rows,
  };
}
