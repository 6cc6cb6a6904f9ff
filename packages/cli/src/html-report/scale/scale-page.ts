import { percent, plural, whole } from '../../report/format.ts';
import { list, nullable, optional, record } from '../../schema/containers.ts';
import { count, figure, flag, number, text, whole as wholeFrom } from '../../schema/scalars.ts';
import type { Read } from '../../schema/schema.ts';
import { lineChart, type Series } from '../charts/line-chart.ts';
import { timeOfThreads } from '../charts/time-of-threads.ts';
import { highest } from '../extremes.ts';
import { MOST_THREADS, profile } from '../findings/findings.ts';
import { backendFacts, machineFacts, machineTable } from '../machine-table.ts';
import { name } from '../names.ts';
import type { Page, Table } from '../page.ts';
import type { Picture } from '../picture.ts';
import { strokeOf } from '../theme.ts';

const threads = wholeFrom(1, MOST_THREADS);

const point = record({
  threads,
  beyondCores: flag,
  stepMs: number(0),
  samplesPerSecond: number(0),
  speedup: number(0),
  efficiency: number(0),
  fingerprint: name,
  profiles: list(profile, MOST_THREADS),
});

/** The parts of scale.json that are drawn. */
export const scaleDocument = record({
  ...machineFacts,
  backend: backendFacts,
  cores: count(1),
  batch: count(1),
  shards: count(1),
  command: optional(text(2 ** 23)),
  sameBits: flag,
  best: threads,
  points: list(point, MOST_THREADS, 1),
  amdahl: nullable(record({ serial: number(), firstMs: number(0) })),
  usl: nullable(record({ contention: number(), coherence: nullable(number()), firstMs: number(0) })),
  losses: optional(list(record({ cause: name, share: figure(), why: name }), 100)),
});

type ScaleDocument = Read<typeof scaleDocument>;

/** How training scales with threads. */
export function scalePage(document: ScaleDocument): Page {
  const { points, cores, losses = [] } = document;
  const last = points.filter((point) => !point.beyondCores && workingOf(point) === point.threads).at(-1) ?? points[0];
  return {
    title:
      last.threads === 1
        ? `1 thread: a step takes ${last.stepMs.toPrecision(4)} ms`
        : `${plural(last.threads, 'thread')}: ${last.speedup.toFixed(2)} times as fast as one`,
    lead: `${document.machine.cpu ?? ''}, ${plural(cores, 'core')}; batch ${whole(document.batch)} in ${plural(document.shards, 'shard')}. ${document.sameBits ? 'The weights are the same to the last bit for every number of threads.' : 'The weights are NOT the same for every number of threads.'}`,
    chapters: [
      {
        title: 'What it shows',
        pictures: [speedup(document), ...time(document)],
        tables: [
          pointTable(document),
          ...(losses.length === 0
            ? []
            : [
                {
                  title: 'What is lost on the way to the ideal',
                  head: ['', 'share', ''],
                  rows: losses.map(({ cause, share, why }) => [cause, percentOf(share), why]),
                  numeric: [1],
                },
              ]),
        ],
      },
      {
        title: 'Where it was measured',
        ...(document.command === undefined ? {} : { code: document.command }),
        tables: [machineTable(document, document.backend)],
      },
    ],
  };
}

function speedup({ points, amdahl, usl, cores, best }: ScaleDocument): Picture {
  const most = highest(points.map(({ threads }) => threads));
  const counts = Array.from({ length: 4 * (most - 1) + 1 }, (_, k) => 1 + k / 4);
  const [{ stepMs: firstMs }] = points;
  // Far beyond the cores the ideal would press all else flat.
  const shown = Math.min(most, 1.5 * highest([cores, ...points.map(({ speedup }) => speedup)]));
  const series: Series[] = [
    { name: 'measured', points: points.map(({ threads, speedup }) => [threads, speedup]), dots: true },
    {
      name: 'ideal',
      points: [
        [1, 1],
        [shown, shown],
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
    const { contention, coherence, firstMs: t1 } = usl;
    const line = counts.map((T) => {
      const ms = (t1 * (1 + contention * (T - 1) + (coherence ?? 0) * T * (T - 1))) / T;
      return [T, firstMs / ms] as const;
    });
    series.push({ name: 'universal law', points: line, dots: false, stroke: strokeOf(2) });
  }
  const beyond = most > cores ? ` The upright line is at the ${plural(cores, 'core')} of this machine.` : '';
  return {
    name: 'speedup',
    title: `${plural(best, 'thread')} ${best === 1 ? 'is' : 'are'} worth using here`,
    sentence: `How many times as fast a step is as with one thread. On the dotted line, twice the threads would be twice as fast; the laws are fitted to the measurements up to the cores.${beyond}${amdahl === null ? '' : ` By Amdahl’s law ${percent(amdahl.serial)} of a step is serial.`}`,
    alternative: points.map(({ threads, speedup }) => `${plural(threads, 'thread')}: ${speedup.toFixed(2)}`).join('; '),
    draw: (width) =>
      lineChart(
        {
          series,
          x: { label: 'threads', whole: true },
          y: { label: 'speedup', domain: [0, highest([1, ...points.map(({ speedup }) => speedup * 1.1)])] },
          rules: most > cores ? [cores] : [],
        },
        width,
      ),
  };
}

function time({ points }: ScaleDocument): Picture[] {
  const bars = points.flatMap(({ threads, profiles }) =>
    profiles.map((profile, k) => ({ name: threads === 1 ? '1 thread' : `${threads} threads, no. ${k + 1}`, profile })),
  );
  return bars.length === 0 ? [] : [timeOfThreads(bars)];
}

/** Threads that had something to do. */
const workingOf = ({ profiles }: ScaleDocument['points'][number]): number => profiles.length;

const pointTable = ({ points }: ScaleDocument): Table => ({
  title: 'Measured',
  head: ['threads', 'a step (ms)', 'samples/s', 'speedup', 'efficiency', 'fingerprint'],
  rows: points.map((point) => [
    `${point.threads}${point.beyondCores ? ' (beyond the cores)' : ''}${workingOf(point) < point.threads ? ` (${workingOf(point)} with work)` : ''}`,
    point.stepMs.toPrecision(4),
    whole(point.samplesPerSecond),
    point.speedup.toFixed(2),
    percentOf(point.efficiency),
    point.fingerprint.slice(0, 8),
  ]),
  numeric: [1, 2, 3, 4],
});

/** Of one beside one thread, so that it may be negative or above 100 %. */
const percentOf = (share: number): string => `${(100 * share).toFixed(1)} %`;
