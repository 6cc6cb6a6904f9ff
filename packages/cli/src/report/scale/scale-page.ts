import {
  amdahl,
  BANDWIDTH_TITLE,
  bandwidthRows,
  conclusions,
  type FigureTable,
  idealEnd,
  inconclusiveText,
  largestTeam,
  lossTable,
  marksOf,
  PREDICTED_PARTS_TITLE,
  PREDICTION_TITLE,
  type PredictedPoint,
  phasesOf,
  pointTable,
  predictedPartsTable,
  predictedPoint,
  predictionNotes,
  predictionTable,
  strongPoint,
  usl,
  uslMs,
  weakPoint,
  weakTable,
} from '../../lab/figures/scale-figures.ts';
import { MAX_THREADS, threadCount } from '../../lab/figures/thread-profile.ts';
import { list, nullable, optional, record } from '../../options/schema/containers.ts';
import { commandLine, count, figure, flag, name, number } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';
import { decimal, percent, plural, whole } from '../../terminal/text/format.ts';
import { highest } from '../axes.ts';
import { lineChart, type Series } from '../charts/line-chart.ts';
import { timeOfThreads } from '../charts/time-of-threads.ts';
import { backendFacts, machineFacts, machineTable } from '../machine-table.ts';
import type { KeyFigure, Page, Table } from '../page.ts';
import type { Picture } from '../picture.ts';
import { strokeOf } from '../theme.ts';

/** The parts of scale.json that are shown. */
export const scaleDocument = record({
  ...machineFacts,
  backend: backendFacts,
  precision: optional(name), // absent in documents from before this option
  cores: count(1),
  batch: count(1),
  leaves: count(1),
  steps: count(1),
  rounds: count(1),
  roundsAsked: count(1),
  stopped: flag,
  spread: number(0),
  command: optional(commandLine),
  sameBits: flag,
  inconclusive: flag,
  best: nullable(threadCount),
  points: list(strongPoint, 1, MAX_THREADS),
  weak: list(weakPoint, 0, MAX_THREADS),
  bandwidth: list(record({ threads: threadCount, gigabytesPerSecond: number(0) }), 0, MAX_THREADS),
  amdahl: nullable(amdahl),
  usl: nullable(usl), // universal scalability law
  // documents of earlier versions have none
  prediction: optional(nullable(record({ note: name, points: list(predictedPoint, 1, MAX_THREADS) }))),
  losses: list(record({ cause: name, share: figure(), why: name }), 0, 100), // of time
});

type ScaleDocument = Read<typeof scaleDocument>;

/** The page of scale, with the same figures and sentences as in the terminal. */
export function scalePage(document: ScaleDocument): Page {
  const { cores, sameBits, batch, leaves, steps } = document;
  const last = largestTeam(document);
  const bits = sameBits
    ? 'The weights are the same to the last bit for every number of threads.'
    : 'The weights are NOT the same for every number of threads: please report this.';
  return {
    title: document.inconclusive
      ? inconclusiveText(document)
      : last.threads === 1
        ? `1 thread: a step takes ${last.stepMs.toPrecision(4)} ms`
        : `${plural(last.threads, 'thread')}: ${last.speedup.toFixed(2)} times as fast as one`,
    lead: `${document.machine.cpu ?? ''}, ${plural(cores, 'core')}; batch ${whole(batch)} in ${plural(leaves, 'leaf')}, runs of ${plural(steps, 'step')}. ${bits}`,
    figures: keyFigures(document),
    chapters: [
      { title: 'Conclusions', lines: conclusions(document), tables: lossesOf(document) },
      {
        title: 'Measurements',
        pictures: [speedup(document), ...timesOfThreads(document)],
        tables: [
          {
            ...tableOf('Strong scaling: the same batch on more threads', pointTable(document)),
            notes: marksOf(document),
          },
          ...(document.weak.length > 1
            ? [tableOf('Weak scaling: the same rows for each thread', weakTable(document))]
            : []),
          ...(document.bandwidth.length > 0 ? [{ title: BANDWIDTH_TITLE, rows: bandwidthRows(document) }] : []),
        ],
      },
      ...predictionOf(document),
      {
        title: 'Reproduce this measurement',
        ...(document.command === undefined ? {} : { code: document.command }),
        folded: [fingerprints(document), machineTable(document, document.backend, document.precision)],
      },
    ],
  };
}

/** Key figures of a conclusive measurement. */
function keyFigures(document: ScaleDocument): KeyFigure[] {
  const { best, inconclusive } = document;
  if (inconclusive) return [];
  const last = largestTeam(document);
  return [
    { name: `speedup of ${plural(last.threads, 'thread')}`, value: `${last.speedup.toFixed(2)} ×` },
    { name: 'efficiency', value: percent(last.efficiency) },
    { name: `a step on ${plural(last.threads, 'thread')}`, value: `${decimal(last.stepMs)} ms` },
    ...(best === null ? [] : [{ name: 'threads worth using', value: String(best) }]),
  ];
}

const tableOf = (title: string, { head, rows, numeric }: FigureTable): Table => ({ title, head, rows, numeric });

function lossesOf(document: ScaleDocument): Table[] {
  if (document.losses.length === 0) return [];
  return [
    tableOf(
      `Time lost, as a share of the time of ${plural(largestTeam(document).threads, 'thread')} together`,
      lossTable(document),
    ),
  ];
}

function predictionOf({ prediction, spread }: ScaleDocument): Page['chapters'] {
  if (prediction == null) return [];
  const { points } = prediction;
  return [
    {
      title: PREDICTION_TITLE,
      lines: predictionNotes(points, spread),
      pictures: [predictedSpeedup(points)],
      tables: [
        tableOf('Predicted time of a step', predictionTable(points)),
        tableOf(PREDICTED_PARTS_TITLE, predictedPartsTable(points)),
      ],
    },
  ];
}

function predictedSpeedup(points: readonly PredictedPoint[]): Picture {
  const [oneCoreMs] = points[0].stepMs; // the lower end of its range
  const speedupEnd = (k: 0 | 1) => points.map(({ cores, speedup }) => [cores, speedup[k]] as const);
  const measuredPoints = points.flatMap(({ cores, measuredMs }) =>
    measuredMs === null ? [] : [[cores, oneCoreMs / measuredMs] as const],
  );
  const dashes = { color: 'var(--c2)', dash: '6 4' };
  return {
    name: 'predicted-speedup',
    title: 'Predicted speedup by number of cores',
    caption:
      'A prediction by a model, not a measurement: the dashed lines are the most and the least that the measured parts of a step allow. Solid dots were measured.',
    altText: points
      .map(({ cores, speedup: [low, high] }) => `${plural(cores, 'core')}: ${low.toFixed(2)} to ${high.toFixed(2)}`)
      .join('; '),
    draw: lineChart({
      series: [
        { name: 'measured', points: measuredPoints, dots: true },
        { name: 'predicted, at best', points: speedupEnd(1), dots: false, stroke: dashes },
        { name: 'predicted, at worst', points: speedupEnd(0), dots: false, stroke: { ...dashes, color: 'var(--c3)' } },
      ],
      x: { label: 'cores', whole: true },
      y: { label: 'speedup', domain: [0, highest(points.map(({ speedup }) => speedup[1] * 1.1))] },
    }),
  };
}

const fingerprints = ({ points }: ScaleDocument): Table => ({
  title: 'Fingerprint of the weights',
  rows: points.map(({ threads, fingerprint }) => [plural(threads, 'thread'), fingerprint]),
});

function speedup(document: ScaleDocument): Picture {
  const { points, amdahl, usl, cores, rounds } = document;
  const maxThreads = highest(points.map(({ threads }) => threads));
  const counts = Array.from({ length: 4 * (maxThreads - 1) + 1 }, (_, k) => 1 + k / 4);
  const [{ stepMs: firstMs }] = points;
  const lastIdeal = idealEnd(document);
  const series: Series[] = [
    {
      name: 'measured',
      points: points.map(({ threads, speedup }) => [threads, speedup]),
      dots: true,
      errorBars: points.map(({ threads, speedup, speedupRange: [low, high] }) => [threads, low, speedup, high]),
    },
    {
      name: 'ideal',
      points: [
        [1, 1],
        [lastIdeal, lastIdeal],
      ],
      dots: false,
      stroke: { color: 'var(--soft)', dash: '2 3' },
    },
  ];
  if (amdahl !== null) {
    const { serial, firstMs: t1 } = amdahl;
    const line = counts.map((T) => [T, firstMs / (t1 * (serial + (1 - serial) / T))] as const);
    series.push({ name: 'Amdahl’s law', points: line, dots: false, stroke: strokeOf(1) });
  }
  if (usl !== null) {
    const line = counts.map((T) => [T, firstMs / uslMs(usl, T)] as const);
    series.push({ name: 'universal law', points: line, dots: false, stroke: strokeOf(2) });
  }
  const beyond = maxThreads > cores ? ` The vertical line marks the ${plural(cores, 'core')} of this machine.` : '';
  const fits = amdahl === null && usl === null ? '' : ' The laws are fitted to the measurements up to the cores.';
  const bars = rounds > 1 ? ' Bars go from the lowest to the highest speedup of single rounds.' : '';
  return {
    name: 'speedup',
    title: 'Speedup by number of threads',
    caption: `How many times as fast a step is as with one thread.${bars} On the dotted line, twice the threads would be twice as fast.${fits}${beyond}`,
    altText: points.map(({ threads, speedup }) => `${plural(threads, 'thread')}: ${speedup.toFixed(2)}`).join('; '),
    draw: lineChart({
      series,
      x: { label: 'threads', whole: true },
      y: { label: 'speedup', domain: [0, highest([1, ...points.map(({ speedupRange }) => speedupRange[1] * 1.1)])] },
      rules: maxThreads > cores ? [cores] : [],
    }),
  };
}

const PHASES_NOTE = ' The phases of each thread add up to the time of a step in the table below.';

function timesOfThreads({ points }: ScaleDocument): Picture[] {
  const bars = points.flatMap(({ threads, ...point }) =>
    phasesOf(point).map((profile, k) => ({
      name: threads === 1 ? '1 thread' : `${threads} threads, no. ${k + 1}`,
      profile,
    })),
  );
  return bars.length === 0 ? [] : [timeOfThreads(bars, PHASES_NOTE)];
}
