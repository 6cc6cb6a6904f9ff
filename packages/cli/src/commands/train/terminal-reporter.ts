import type { StartEvent, TrainProgressEvent } from '@gradloom/runtime';
import { invocation } from '../../terminal/invocation.ts';
import { type Io, printLine, printLines, widthOf } from '../../terminal/io.ts';
import { createLiveArea, foldLine, type LiveArea } from '../../terminal/live-area.ts';
import { createPaint, type Paint } from '../../terminal/paint.ts';
import { decimal, duration, whole } from '../../terminal/text/format.ts';
import { steerText } from '../../terminal/text/steer-text.ts';
import { describeProbes, type Probe } from './describe-probes.ts';
import { describeRun } from './describe-run.ts';
import { describeData } from './describe-table.ts';
import { countOf, epochText, type LossUnit, lossAsIs, lossUnitOf, metricsOf } from './epoch-text.ts';
import type { Reporter } from './reporter.ts';
import { summarize } from './summary.ts';

/** Maximum number of epochs that leave a line, evenly spaced. */
const MAX_LINES = 20;

/** Losses kept for the panel's curve, over twice its greatest width. */
const CURVE_POINTS = 128;

/** Text output: the run, a panel and the epochs during training, and a summary. */
export function terminalReporter(io: Io): Reporter {
  const paint = createPaint(io.stdout, io.env);
  const livePaint = createPaint(io.stderr, io.env);
  const losses = createSeries(CURVE_POINTS);
  let metrics: string[] = [];
  let startMs = 0;
  let area: LiveArea | undefined;
  let start: StartEvent;
  let unit: LossUnit = lossAsIs;
  let totalEpochs = 0;
  let firstProbe: Probe | undefined;
  let lastProbe: Probe | undefined;

  function figuresOf({ step, totalSteps, samplesPerSecond, busy }: TrainProgressEvent): PanelFigures {
    const epoch = Math.min(totalEpochs, Math.floor(step / start.stepsPerEpoch) + 1);
    const leftMs = ((performance.now() - startMs) * (totalSteps - step)) / (step - start.step);
    const share = step / totalSteps;
    const lossFigures = { losses: losses.read().map(unit.name === 'RMSE' ? Math.sqrt : Number), lossName: unit.name };
    return { epoch, totalEpochs, share, leftMs, ...lossFigures, samplesPerSecond, metrics, busy };
  }

  return {
    start(run) {
      start = run.event;
      unit = lossUnitOf(run.recipe);
      startMs = performance.now();
      area = createLiveArea(io);
      totalEpochs = Math.ceil(start.totalSteps / start.stepsPerEpoch);
      const lines = [...describeData(run.recipe, Math.min(widthOf(io.stdout), 120)), ...describeRun(run)];
      printLines(io.stdout, io.stdout.isTTY ? lines.flatMap((line) => foldLine(line, widthOf(io.stdout))) : lines);
    },
    warning() {},
    print(text) {
      if (area === undefined) printLine(io.stderr, text);
      else area.print(text);
    },
    event(event) {
      // The summary shows the threads, and warnings on stderr tell of faults.
      if (event.type === 'progress') {
        losses.add(event.loss);
        const figures = figuresOf(event);
        area?.show({ lines: (columns) => panelLines(figures, columns, livePaint), plain: () => plainLine(figures) });
      } else if (event.type === 'epoch') {
        metrics = metricsOf(event, unit);
        const epochsPerLine = Math.ceil(totalEpochs / MAX_LINES);
        const isPart = !Number.isInteger(event.epoch);
        if (isPart || event.epoch % epochsPerLine === 0 || event.epoch === totalEpochs) {
          const columns = io.stderr.isTTY ? widthOf(io.stderr) - 1 : Number.POSITIVE_INFINITY;
          area?.line(epochText(event, start, unit, columns));
        }
      } else if (event.type === 'steer') {
        area?.print(`after step ${whole(event.step)}: ${steerText(event)}`);
      } else if (event.type === 'probe') {
        // Statistics of every layer would hide the epochs: the first and last are shown at the end. The weights are
        // left out; they would stay in memory until the end.
        lastProbe = { step: event.step, layers: event.layers };
        firstProbe ??= lastProbe;
      }
    },
    stop: () => area?.stop(),
    done(run, result) {
      if (firstProbe !== undefined && lastProbe !== undefined) {
        printLines(io.stdout, describeProbes(firstProbe, lastProbe, paint));
      }
      const width = Math.min(widthOf(io.stdout), 120);
      printLines(io.stdout, summarize(run, result, { paint, program: invocation(io.env), width }));
    },
  };
}

/** Reduces the values of a run to at most `limit` means of equally many values: when there are more, two become one. */
export function createSeries(limit: number) {
  let means: number[] = [];
  let size = 1; // number of values in a mean
  let sum = 0;
  let count = 0;
  return {
    add(value: number): void {
      sum += value;
      if (++count < size) return;
      means.push(sum / count);
      sum = count = 0;
      if (means.length < limit) return;
      means = Array.from({ length: limit / 2 }, (_, k) => (means[2 * k] + means[2 * k + 1]) / 2);
      size *= 2;
    },
    read: (): readonly number[] => (count === 0 ? means : [...means, sum / count]),
  };
}

/** The state of a run between two spans. */
export interface PanelFigures {
  readonly epoch: number; // the current epoch, from 1
  readonly totalEpochs: number;
  readonly share: number; // fraction of the steps done
  readonly leftMs: number;
  readonly losses: readonly number[]; // of the whole run so far, oldest first
  readonly lossName?: string; // default 'loss'
  readonly samplesPerSecond: number;
  readonly metrics: readonly string[]; // of the newest reported epoch, most important first
  readonly busy?: readonly number[] | undefined; // share of time that each thread works (runtime's progress event)
}

const MAX_WIDTH = 40; // greatest width of bar and curve
const MIN_WIDTH = 4;
const LABEL_WIDTH = 9;

/**
 * The panel of a run: at most four lines, each shorter than `columns`. If there is no room, bar and curve shrink, and
 * then whole figures are dropped, the last first.
 */
export function panelLines(figures: PanelFigures, columns: number, paint: Paint): string[] {
  const room = columns - 1 - LABEL_WIDTH;
  const rows: [label: string, body: string][] = [
    ['epoch', progressText(figures, room, paint)],
    [figures.lossName ?? 'loss', lossCurve(figures.losses, room, paint)],
    ['metrics', partsWithin(figures.metrics, room)],
    ['threads', describeThreads(figures.busy ?? [], room, paint)],
  ];
  return rows
    .filter(([, body]) => body !== '')
    .map(([label, body]) => `${paint('dim', label.padEnd(LABEL_WIDTH))}${body}`);
}

/** The panel in one line, for output that cannot be redrawn. */
export function plainLine(figures: PanelFigures): string {
  const { epoch, totalEpochs, share, losses, lossName = 'loss', leftMs, samplesPerSecond } = figures;
  const position = `epoch ${countOf(epoch, totalEpochs)}  ${wholePercent(share)}`;
  return `${position}  ${lossName} ${decimal(losses.at(-1) ?? Number.NaN)}  ${speedOf(samplesPerSecond)}  ${duration(leftMs)} left`;
}

/** '3/8 ██████░░░░  37 %  5.2 s left  57,904 samples/s'. */
function progressText(figures: PanelFigures, room: number, paint: Paint): string {
  const { epoch, totalEpochs, share, leftMs, samplesPerSecond } = figures;
  const epochText = countOf(epoch, totalEpochs);
  const doneText = wholePercent(share).padStart(5);
  const leftText = `${duration(leftMs)} left`;
  for (const [before, ...parts] of [
    [epochText, leftText, speedOf(samplesPerSecond)],
    [epochText, leftText],
    [whole(epoch), leftText],
  ]) {
    const after = [doneText, ...parts].join('  ');
    const width = Math.min(MAX_WIDTH, room - before.length - after.length - 2);
    if (width < MIN_WIDTH) continue;
    const [full, empty] = bar(share, width);
    return `${before} ${paint('cyan', full)}${paint('dim', empty)} ${after}`;
  }
  const parts = [whole(epoch), doneText.trim(), leftText];
  return partsWithin(parts, room) === parts.join('  ')
    ? parts.join('  ')
    : partsWithin([epochText, doneText.trim()], room);
}

/** '2.301 █▆▅▃▂▁▁▁ 0.0713': first loss, curve, newest loss. */
function lossCurve(losses: readonly number[], room: number, paint: Paint): string {
  if (losses.length === 0) return '';
  const [first, last] = [losses[0], losses[losses.length - 1]].map(decimal);
  const width = Math.min(MAX_WIDTH, room - first.length - last.length - 2);
  if (losses.length < 2 || width < MIN_WIDTH) return partsWithin([last], room);
  return `${first} ${paint('cyan', sparkline(losses, width))} ${last}`;
}

function partsWithin(parts: readonly string[], room: number): string {
  const text = parts.join('  ');
  return text.length <= room ? text : partsWithin(parts.slice(0, -1), room);
}

const speedOf = (samplesPerSecond: number): string => `${whole(samplesPerSecond)} samples/s`;

const BAR_WIDTH = 8;

/** How busy each thread is, as detailed as `room` allows: bars, percents, one block each, or only the range. */
export function describeThreads(busyShares: readonly number[], room: number, paint: Paint): string {
  if (busyShares.length === 0) return '';
  const percents = busyShares.map((share, t) => `${t + 1} ${wholePercent(share).padStart(5)}`);
  const barsLength = percents.join('   ').length + busyShares.length * (BAR_WIDTH + 1);
  if (barsLength <= room) return busyShares.map((share, t) => withBar(share, t, paint)).join('   ');
  const [low, high] = [Math.min(...busyShares), Math.max(...busyShares)];
  const range = `${wholePercent(low)} to ${wholePercent(high)}`;
  const blocks = busyShares.map(levelOf).join('');
  const shorter = [percents.join('  '), `${blocks}  ${range}`, `${busyShares.length}: ${range}`, range];
  return shorter.find((text) => text.length <= room) ?? '';
}

/** '1 ███████░  93 %'. */
function withBar(share: number, thread: number, paint: Paint): string {
  const [full, empty] = bar(share, BAR_WIDTH);
  return `${thread + 1} ${paint('cyan', full)}${paint('dim', empty)} ${wholePercent(share).padStart(5)}`;
}

/** '██████░░░░': the complete columns of `width`, and the rest. Only a share of 1 fills the bar. */
export function bar(share: number, width: number): [done: string, left: string] {
  const doneCells = Math.floor(share * width);
  return ['█'.repeat(doneCells), '░'.repeat(width - doneCells)];
}

/** '37 %'; 100 % only for a share of 1. */
export const wholePercent = (share: number): string => `${share === 1 ? 100 : Math.min(99, Math.round(share * 100))} %`;

const LEVELS = [...'▁▂▃▄▅▆▇█'];

/** A curve in one line of at most `width` columns, each the mean of its values. Logarithmic if all are above 0. */
export function sparkline(values: readonly number[], width: number): string {
  const isLog = values.every((value) => value > 0);
  const count = Math.min(width, values.length);
  const startOf = (c: number): number => Math.floor((c * values.length) / count);
  const columns = Array.from({ length: count }, (_, c) => {
    const columnValues = values.slice(startOf(c), startOf(c + 1));
    const mean = columnValues.reduce((sum, value) => sum + value / columnValues.length, 0);
    return isLog ? Math.log(mean) : mean;
  });
  const [low, high] = [Math.min(...columns), Math.max(...columns)];
  const middle = (low + high) / 2;
  // The line covers at least a tenth of the value, so that noise does not look like progress.
  const range = Math.max(high - low, isLog ? Math.log(1.1) : 0.1 * Math.max(Math.abs(low), Math.abs(high)));
  return columns.map((value) => levelOf(range === 0 ? 0.5 : 0.5 + (value - middle) / range)).join('');
}

/** The block character of a share of the line's height. A share may be outside of 0 to 1 by rounding. */
const levelOf = (share: number): string => LEVELS[Math.round(Math.max(0, Math.min(1, share)) * (LEVELS.length - 1))];
