import { phases } from '@gradloom/runtime/internal';
import type { Paint } from '../../terminal/paint.ts';
import { backendName } from '../../terminal/text/backend-name.ts';
import { decimal, plural, whole } from '../../terminal/text/format.ts';
import { lineChart } from '../../terminal/text/line-chart.ts';
import { table, wrapSentence } from '../../terminal/text/table.ts';
import type { BandPoint } from '../../terminal/text/thin.ts';
import {
  BANDWIDTH_TITLE,
  bandwidthRows,
  conclusions,
  countOf,
  type FigureTable,
  idealEnd,
  largestTeam,
  lossTable,
  marksOf,
  PREDICTED_PARTS_TITLE,
  PREDICTION_TITLE,
  phasesOf,
  pointTable,
  predictedPartsTable,
  predictionNotes,
  predictionTable,
  weakTable,
} from '../figures/scale-figures.ts';
import { describeRanks } from './ranks/describe-ranks.ts';
import type { ScaleReport } from './scale-report.ts';

/** Text output, at most 80 columns wide. */
export function describeScale(report: ScaleReport, title: string, paint: Paint): string[] {
  const { first, steps, batch, leaves } = report;
  const chapter = (heading: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', paint('bold', heading), ...lines];
  return [
    title,
    `batch ${whole(batch)} in ${plural(leaves, 'leaf')}, runs of ${plural(steps, 'step')}, ${backendName(first.backend)}, ${first.precision}`,
    ...chapter('Strong scaling: the same batch on more threads', strongScaling(report, paint)),
    ...chart(report),
    ...chapter('Time per step of each thread (ms)', breakdown(report)),
    ...chapter('Weak scaling: the same rows for each thread', report.weak.length > 1 ? linesOf(weakTable(report)) : []),
    ...chapter(
      BANDWIDTH_TITLE,
      bandwidthRows(report).map(([threads, speed]) => `  ${speed} on ${threads}`),
    ),
    ...chapter(PREDICTION_TITLE, predictions(report)),
    ...describeRanks(report.ranks, report.cores, paint),
    ...chapter('Conclusions', [
      ...conclusions(report).flatMap((sentence) => wrapSentence(sentence)),
      ...losses(report),
    ]),
  ];
}

const linesOf = ({ head, rows, numeric }: FigureTable): string[] => table(head, rows, { right: numeric });

function strongScaling(report: ScaleReport, paint: Paint): string[] {
  const { points, sameBits } = report;
  const [{ fingerprint }] = points;
  return [
    ...linesOf(pointTable(report)),
    ...marksOf(report).flatMap(wrapSentence),
    sameBits
      ? `fingerprint ${fingerprint.slice(0, 16)}…, the same for all`
      : paint('red', 'the fingerprints differ: please report this'),
  ];
}

function chart(report: ScaleReport): string[] {
  const { points, rounds } = report;
  if (points.length < 2) return [];
  const pairs = points.map(({ threads, speedup }) => [threads, speedup] as const);
  const lines = [
    { name: 'ideal', points: [1, idealEnd(report)].map((threads) => [threads, threads] as const) },
    {
      name: 'measured',
      points: pairs,
      ...(rounds > 1 ? { errorBars: { name: 'single rounds', points: barsOf(points) } } : {}),
    },
  ];
  return ['', ...lineChart(lines, { x: 'threads', y: 'speedup' })];
}

const barsOf = (points: ScaleReport['points']): BandPoint[] =>
  points.map(({ threads, speedup, speedupRange: [low, high] }) => [threads, low, speedup, high]);

/** From this ratio of clocked to unclocked steps on, the text says how much the clocks slow the steps. */
const MIN_CLOCK_RATIO = 1.25;

function breakdown({ points }: ScaleReport): string[] {
  const rows = points.flatMap((point) =>
    phasesOf(point).map((profile, k) => [
      k === 0 ? countOf(point) : '',
      String(k),
      ...phases.map((part) => decimal(profile[part])),
    ]),
  );
  if (rows.length === 0) return [];
  const { stepMs, profiles } = points[0];
  const clockedMs = profiles.reduce((sum, profile) => phases.reduce((total, phase) => total + profile[phase], sum), 0);
  return [
    ...table(['threads', 'thread', ...phases], rows, { right: [1, 2, 3, 4, 5, 6] }),
    ...(clockedMs < MIN_CLOCK_RATIO * stepMs
      ? []
      : wrapSentence(
          `These clocks take time too: with them a step on one thread takes ${decimal(clockedMs)} ms, without them ${decimal(stepMs)} ms.`,
        )),
  ];
}

function predictions({ prediction, spread }: ScaleReport): string[] {
  if (prediction === null) return [];
  const { points } = prediction;
  return [
    ...linesOf(predictionTable(points)),
    '',
    PREDICTED_PARTS_TITLE,
    ...linesOf(predictedPartsTable(points)),
    ...predictionNotes(points, spread).flatMap(wrapSentence),
  ];
}

function losses(report: ScaleReport): string[] {
  if (report.losses.length === 0) return [];
  const { threads } = largestTeam(report);
  return [`Time lost, as a share of the time of ${plural(threads, 'thread')} together:`, ...linesOf(lossTable(report))];
}
