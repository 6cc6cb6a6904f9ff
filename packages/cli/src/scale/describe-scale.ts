import { parts } from '@gradloom/runtime/internal';
import { backendName } from '../report/backend-name.ts';
import { decimal, percent, plural, whole } from '../report/format.ts';
import { lineChart } from '../report/line-chart.ts';
import { table } from '../report/table.ts';
import type { Paint } from '../terminal/paint.ts';
import type { ScaleReport } from './scale-report.ts';

/** Lines of at most 80 columns. */
export function describeScale(report: ScaleReport, title: string, paint: Paint): string[] {
  const { first, steps } = report;
  return [
    title,
    `batch ${whole(first.batch)} in ${plural(first.shards, 'shard')}, runs of ${plural(steps, 'step')}, ${backendName(first.backend)}`,
    '',
    paint('bold', 'The same batch on more threads'),
    ...strong(report, paint),
    ...chart(report),
    '',
    paint('bold', 'Where a step goes, ms of each thread'),
    ...breakdown(report),
    '',
    ...(report.weak.length > 1 ? [paint('bold', 'The same rows a thread'), ...weak(report), ''] : []),
    paint('bold', 'Memory, a[i] = b[i] + s c[i]'),
    ...report.bandwidth.map(
      ({ threads, gigabytesPerSecond }) => `  ${gigabytesPerSecond.toFixed(1)} GB/s on ${plural(threads, 'thread')}`,
    ),
    '',
    paint('bold', 'What this says'),
    ...noise(report),
    ...conclusions(report).flatMap((sentence) => wrap(sentence)),
    ...losses(report),
  ];
}

function strong({ points, sameBits, first }: ScaleReport, paint: Paint): string[] {
  const rows = points.map((point) => [
    countOf(point),
    decimal(point.stepMs),
    whole(point.samplesPerSecond),
    point.speedup.toFixed(2),
    percent(point.efficiency),
  ]);
  const idle = points.find(({ threads, working }) => working < threads);
  const [{ fingerprint }] = points;
  return [
    ...table(['threads', 'ms a step', 'samples/s', 'speedup', 'efficiency'], rows, { right: [1, 2, 3, 4] }),
    ...(points.some(({ beyondCores }) => beyondCores) ? ['* more threads than cores: they take turns'] : []),
    ...(idle === undefined
      ? []
      : wrap(
          `- ${plural(idle.working, 'thread')} ${idle.working === 1 ? 'has' : 'have'} all the work: a batch has ${plural(first.shards, 'shard')} (--shards), the weights are few`,
        )),
    sameBits
      ? `fingerprint ${fingerprint.slice(0, 16)}…, the same for all`
      : paint('red', 'the fingerprints differ: please report this'),
  ];
}

/** The threads of a point, marked where some have no core or no work of their own. */
const countOf = ({ threads, beyondCores, working }: ScaleReport['points'][number]): string =>
  `${threads}${beyondCores ? ' *' : ''}${working < threads ? ' -' : ''}`;

function chart({ points }: ScaleReport): string[] {
  if (points.length < 2) return [];
  const most = points[points.length - 1].threads;
  const measured = points.map(({ threads, speedup }) => [threads, speedup] as const);
  const lines = [
    { name: 'ideal', points: [1, most].map((threads) => [threads, threads] as const) },
    { name: 'measured', points: measured },
  ];
  return ['', ...lineChart(lines, { x: 'threads; the higher line is ideal', y: 'speedup' })];
}

/** From here on the clock that tells the parts apart takes a share of them that a reader must know of. */
const CLOCK_IS_FELT = 1.25;

function breakdown({ points }: ScaleReport): string[] {
  const rows = points.flatMap((point) =>
    point.profiles.map((profile, k) => [
      k === 0 ? countOf(point) : '',
      String(k),
      ...parts.map((part) => decimal(profile[part])),
    ]),
  );
  const { stepMs, profiles } = points[0];
  const clockedMs = profiles.reduce((sum, profile) => parts.reduce((all, part) => all + profile[part], sum), 0);
  return [
    ...table(['threads', 'thread', ...parts], rows, { right: [1, 2, 3, 4, 5, 6] }),
    ...(clockedMs < CLOCK_IS_FELT * stepMs
      ? []
      : wrap(
          `With a clock in every part a step on one thread takes ${decimal(clockedMs)} ms, without ${decimal(stepMs)}.`,
        )),
  ];
}

function weak({ weak: points }: ScaleReport): string[] {
  const rows = points.map(({ threads, batch, stepMs, samplesPerSecond, efficiency }) => [
    String(threads),
    whole(batch),
    decimal(stepMs),
    whole(samplesPerSecond),
    percent(efficiency),
  ]);
  return table(['threads', 'batch', 'ms a step', 'samples/s', 'efficiency'], rows, { right: [1, 2, 3, 4] });
}

/** Rounds that differ by more say more of what else the machine does than of threads. */
const NOISY = 0.2;

const noise = ({ spread }: ScaleReport): string[] =>
  spread <= NOISY
    ? []
    : wrap(
        `Rounds of the same count differ by up to ${percent(spread)}: something else uses this machine, and what follows is as uncertain.`,
      );

/** A law with as many numbers as there are counts fits them all. */
const EXACT = 1e-9;

function conclusions({ amdahl, usl, best, cores, points, first }: ScaleReport): string[] {
  const sentences: string[] = [];
  const isThroughTwo = usl?.coherence === null;
  const told = (residual: number) =>
    isThroughTwo && residual < EXACT ? 'through two counts' : `residual ${percent(residual)}`;
  if (amdahl !== null) {
    const limit = amdahl.limit === null ? 'no limit' : `at most ${decimal(amdahl.limit)} times as fast`;
    sentences.push(`Amdahl: ${percent(amdahl.serial)} serial, ${limit} (${told(amdahl.residual)}).`);
  }
  if (usl !== null) {
    const peak = usl.peak === null ? '' : `, slower again beyond ${Math.round(usl.peak)} threads`;
    const rest =
      usl.coherence === null
        ? ' (two counts say nothing of coherence)'
        : `, coherence ${decimal(usl.coherence)}${peak} (residual ${percent(usl.residual)})`;
    sentences.push(`Universal scalability law: contention ${decimal(usl.contention)}${rest}.`);
  }
  if (
    points.some(({ threads, working, beyondCores }) => !beyondCores && working === threads && threads > first.shards)
  ) {
    const shards = plural(first.shards, 'shard');
    sentences.push(
      `A batch has ${shards}: further threads share the update alone; --shards gives them more, with another result.`,
    );
  }
  sentences.push(`Worth using on ${plural(cores, 'core')}: ${plural(best, 'thread')}.`);
  return sentences;
}

function losses({ losses: lost, points }: ScaleReport): string[] {
  if (lost.length === 0) return [];
  const most = points.filter(({ beyondCores, threads, working }) => !beyondCores && working === threads).length;
  const { threads } = points[most - 1];
  const rows = lost.map(({ cause, share, why }) => [cause, percent(Math.max(0, share)), why]);
  return [`Of the time of ${plural(threads, 'thread')} together, this is lost:`, ...table(['to', 'share', 'by'], rows)];
}

/** Words in lines of at most 78 columns, the first at the margin. */
function wrap(sentence: string): string[] {
  const lines: string[] = [''];
  for (const word of sentence.split(' ')) {
    const line = lines[lines.length - 1];
    if (line.length + 1 + word.length > 78) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
