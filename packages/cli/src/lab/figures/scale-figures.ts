import type { Profile } from '@gradloom/runtime';
import { phases } from '@gradloom/runtime/internal';
import { decimal, percent, plural, whole } from '../../terminal/text/format.ts';
import type { Amdahl, Usl } from '../scale/laws.ts';
import type { PredictedPoint, Prediction, Range } from '../scale/predict-cores.ts';
import { contradicts, NOISY_SPREAD, type ScaleReport } from '../scale/scale-report.ts';
import type { Point, WeakPoint } from '../scale/summarize-rounds.ts';

// The page, which does not know the measurement, finds its schemas here.
export { amdahl, usl, uslMs } from '../scale/laws.ts';
export { type PredictedPoint, predictedPoint } from '../scale/predict-cores.ts';
export { strongPoint, weakPoint } from '../scale/summarize-rounds.ts';

/** The part of a report that both the terminal and the page show. */
export interface ScaleFigures
  extends Pick<
    ScaleReport,
    | 'batch'
    | 'leaves'
    | 'cores'
    | 'rounds'
    | 'roundsAsked'
    | 'stopped'
    | 'spread'
    | 'sameBits'
    | 'inconclusive'
    | 'best'
  > {
  readonly prediction?: Pick<Prediction, 'points'> | null | undefined;
  readonly points: readonly Point[];
  readonly weak: readonly WeakPoint[];
  readonly bandwidth: readonly { readonly threads: number; readonly gigabytesPerSecond: number }[];
  readonly amdahl: Amdahl | null;
  readonly usl: Usl | null;
  readonly losses: readonly { readonly cause: string; readonly share: number; readonly why: string }[];
}

/** A table as text: header, rows, and the indices of number columns. */
export interface FigureTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly numeric: readonly number[];
}

/** The number of threads, marked if some have no core, no work or no rows. */
export function countOf({ threads, beyondCores, working, gradientThreads }: Point): string {
  const without = working < threads ? ' -' : gradientThreads < threads ? ' ~' : '';
  return `${threads}${beyondCores ? ' *' : ''}${without}`;
}

/**
 * Milliseconds of each thread by phase. They are scaled to add up to `stepMs`, which was measured without profiles:
 * reading the clock for each phase makes the steps of a profiled run longer.
 */
export const phasesOf = ({ profiles, stepMs }: Pick<Point, 'profiles' | 'stepMs'>): Profile[] =>
  profiles.map((profile) => {
    const factor = stepMs / phases.reduce((sum, part) => sum + profile[part], 0);
    return Object.fromEntries(phases.map((part) => [part, factor * profile[part]])) as unknown as Profile;
  });

export const pointTable = ({ points }: ScaleFigures): FigureTable => ({
  head: ['threads', 'ms per step', 'samples/s', 'speedup', 'by round', 'efficiency'],
  rows: points.map((point) => [
    countOf(point),
    decimal(point.stepMs),
    whole(point.samplesPerSecond),
    point.speedup.toFixed(2),
    rangeOf(point),
    percent(point.efficiency),
  ]),
  numeric: [1, 2, 3, 4, 5],
});

const rangeOf = ({ speedupRange: [low, high] }: Point): string => `${low.toFixed(2)} to ${high.toFixed(2)}`;

/** Where the line of the ideal speedup ends: drawn far above the cores it would flatten everything else. */
export function idealEnd({ points, cores }: Pick<ScaleFigures, 'points' | 'cores'>): number {
  const maxThreads = Math.max(...points.map(({ threads }) => threads));
  return Math.min(maxThreads, 1.5 * Math.max(cores, ...points.map(({ speedup }) => speedup)));
}

/** The meaning of the marks of `countOf`. */
export function marksOf({ points, leaves }: ScaleFigures): string[] {
  // Threads without a leaf get a part of the update, unless there are too few weights to divide: then they are idle.
  const idlePoint = points.find(({ threads, working }) => working < threads);
  const markedPoint = points.find(
    ({ threads, working, gradientThreads }) => working === threads && gradientThreads < threads,
  );
  return [
    ...(points.some(({ beyondCores }) => beyondCores) ? ['* more threads than cores: they take turns'] : []),
    ...(idlePoint === undefined
      ? []
      : [`- ${haveText(idlePoint.working)} all the work: a batch has ${plural(leaves, 'leaf')}, the weights are few`]),
    ...(markedPoint === undefined
      ? []
      : [
          `~ ${haveText(markedPoint.gradientThreads)} rows in a step: a batch has ${plural(leaves, 'leaf')}, the others share the update`,
        ]),
  ];
}

/** '2 threads have' or '1 thread has'. */
const haveText = (threads: number): string => `${plural(threads, 'thread')} ${threads === 1 ? 'has' : 'have'}`;

export const weakTable = ({ weak }: ScaleFigures): FigureTable => ({
  head: ['threads', 'batch', 'ms per step', 'samples/s', 'efficiency'],
  rows: weak.map(({ threads, batch, stepMs, samplesPerSecond, efficiency }) => [
    String(threads),
    whole(batch),
    decimal(stepMs),
    whole(samplesPerSecond),
    percent(efficiency),
  ]),
  numeric: [1, 2, 3, 4],
});

export const bandwidthRows = ({ bandwidth }: ScaleFigures): [threads: string, speed: string][] =>
  bandwidth.map(({ threads, gigabytesPerSecond }) => [
    plural(threads, 'thread'),
    `${gigabytesPerSecond.toFixed(1)} GB/s`,
  ]);

export const BANDWIDTH_TITLE = 'Memory bandwidth, a[i] = b[i] + s c[i]';

export const lossTable = ({ losses }: ScaleFigures): FigureTable => ({
  head: ['cause', 'share', 'why'],
  rows: losses.map(({ cause, share, why }) => [cause, percent(share), why]),
  numeric: [1],
});

export const PREDICTION_TITLE = 'Prediction by a model, not a measurement: the same batch on more cores';
export const PREDICTED_PARTS_TITLE = 'Predicted parts of a step (µs)';

/** Predicted times next to the measured ones. */
export const predictionTable = (points: readonly PredictedPoint[]): FigureTable => ({
  head: ['cores', 'predicted ms per step', 'predicted speedup', 'measured ms'],
  rows: points.map(({ cores, stepMs, speedup, measuredMs }) => [
    String(cores),
    between(stepMs),
    between(speedup, (value) => value.toFixed(2)),
    measuredMs === null ? '-' : decimal(measuredMs),
  ]),
  numeric: [0, 1, 2, 3],
});

export const predictedPartsTable = (points: readonly PredictedPoint[]): FigureTable => ({
  head: ['cores', 'rows', 'gradients', 'update', 'data moved', 'barriers'],
  rows: points.map(({ cores, rows, gradientMs, updateMs, movedMs, barrierMs }) => [
    String(cores),
    whole(rows),
    decimal(1000 * gradientMs),
    ...[updateMs, movedMs, barrierMs].map((range) => between(range, (ms) => decimal(1000 * ms))),
  ]),
  numeric: [0, 1, 2, 3, 4, 5],
});

const between = ([low, high]: Range, text: (value: number) => string = decimal): string =>
  text(low) === text(high) ? text(low) : `${text(low)} to ${text(high)}`;

/** Notes on the error of the model where it can be checked, and on its assumptions. */
export function predictionNotes(points: readonly PredictedPoint[], spread: number): string[] {
  const check = points.findLast(({ threads, measuredMs }) => measuredMs !== null && threads > 1);
  const checked =
    check?.measuredMs == null
      ? []
      : [
          `On ${plural(check.cores, 'core')} the model has ${between(check.stepMs)} ms, and ${decimal(check.measuredMs)} ms were measured.`,
        ];
  const noisy =
    spread > NOISY_SPREAD ? [`Rounds differ by up to ${percent(spread)}, and the prediction is as uncertain.`] : [];
  return [
    ...checked,
    ...noisy,
    'It assumes that all cores are as fast as these when all work, that each core reads what another wrote as fast as here, and that no thread loses its core.',
  ];
}

/** The largest number of threads that all have work and a core. */
export const largestTeam = ({ points }: Pick<ScaleFigures, 'points'>): Point =>
  points.filter((point) => !point.beyondCores && point.working === point.threads).at(-1) ?? points[0];

/** 'Inconclusive: rounds differ by 52.00 %'. */
export const inconclusiveText = ({ spread }: ScaleFigures): string =>
  `Inconclusive: rounds differ by ${percent(spread)}`;

/** Conclusions as sentences, starting with how reliable they are. */
export function conclusions(figures: ScaleFigures): string[] {
  const { best, cores, points, leaves, inconclusive } = figures;
  const sentences = [...reliability(figures), ...(inconclusive ? [contradiction(figures)] : lawTexts(figures))];
  if (points.some(({ threads, working, beyondCores }) => !beyondCores && working === threads && threads > leaves)) {
    sentences.push(
      `A batch has ${plural(leaves, 'leaf')}, so more threads than that only share the update. A larger batch gives them work, but changes the result.`,
    );
  }
  if (best !== null) sentences.push(`Worth using on ${plural(cores, 'core')}: ${plural(best, 'thread')}.`);
  return sentences;
}

function reliability({ spread, inconclusive, rounds, roundsAsked, stopped }: ScaleFigures): string[] {
  const sentences: string[] = [];
  if (stopped) {
    const roundsText = rounds < roundsAsked ? `${rounds} of ${plural(roundsAsked, 'round')}` : plural(rounds, 'round');
    sentences.push(`Stopped after ${roundsText}: these are the results of the finished rounds.`);
  }
  if (spread > NOISY_SPREAD && !inconclusive) {
    sentences.push(
      `Rounds of the same number of threads differ by up to ${percent(spread)}: something else is using this machine, so the results are uncertain by as much.`,
    );
  }
  return sentences;
}

function contradiction(figures: ScaleFigures): string {
  const { threads, speedupRange } = figures.points.find(contradicts) ?? figures.points[0];
  const [low, high] = speedupRange.map((speedup) => speedup.toFixed(2));
  return `${inconclusiveText(figures)}. With ${plural(threads, 'thread')} a step is ${low} to ${high} times as fast as with one, depending on the round. Something else is using this machine: measure again when it is idle, or with more --rounds.`;
}

/** A fit with a smaller residual is exact, as for a law with as many parameters as measurements. */
const EXACT_RESIDUAL = 1e-9;

function lawTexts({ amdahl, usl }: ScaleFigures): string[] {
  const sentences: string[] = [];
  const residualText = (residual: number) =>
    usl?.coherence === null && residual < EXACT_RESIDUAL ? 'exact: two points fix it' : `residual ${percent(residual)}`;
  if (amdahl !== null) {
    const limit = amdahl.limit === null ? 'no limit' : `at most ${decimal(amdahl.limit)} times as fast`;
    sentences.push(
      `Amdahl's law: ${percent(amdahl.serial)} of a step is serial, ${limit} (${residualText(amdahl.residual)}).`,
    );
  }
  if (usl !== null) {
    const peak = usl.peak === null ? '' : `, slower again beyond ${Math.round(usl.peak)} threads`;
    const coherenceText =
      usl.coherence === null
        ? ' (two points cannot show coherence)'
        : `, coherence ${decimal(usl.coherence)}${peak} (residual ${percent(usl.residual)})`;
    sentences.push(`Universal scalability law: contention ${decimal(usl.contention)}${coherenceText}.`);
  }
  return sentences;
}
