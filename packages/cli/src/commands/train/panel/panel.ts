import type { Paint } from '../../../terminal/paint.ts';
import { bar, wholePercent } from '../../../terminal/text/bar.ts';
import { decimal, duration, whole } from '../../../terminal/text/format.ts';
import { levelOf, sparkline } from '../../../terminal/text/sparkline.ts';

/** The state of a run between two spans. */
export interface PanelFigures {
  readonly epoch: number; // that goes on, from 1
  readonly totalEpochs: number;
  readonly share: number; // of the steps, done
  readonly leftMs: number;
  readonly losses: readonly number[]; // over the run so far, the newest last
  readonly samplesPerSecond: number;
  readonly metrics: readonly string[]; // of the newest epoch that was reported, the most telling first
  readonly busy?: readonly number[] | undefined; // see runtime's progress event
}

const WIDEST = 40; // bar or curve
const NARROWEST = 4;
const LABEL = 9;

/**
 * The panel of a run: at most four lines, each shorter than `columns`. If there is no room, bar and curve shrink, and
 * then whole figures are dropped, the last first.
 */
export function panelLines(figures: PanelFigures, columns: number, paint: Paint): string[] {
  const room = columns - 1 - LABEL;
  const rows: [label: string, body: string][] = [
    ['epoch', progressText(figures, room, paint)],
    ['loss', lossText(figures.losses, room, paint)],
    ['metrics', partsWithin(figures.metrics, room)],
    ['threads', describeThreads(figures.busy ?? [], room, paint)],
  ];
  return rows.filter(([, body]) => body !== '').map(([label, body]) => `${paint('dim', label.padEnd(LABEL))}${body}`);
}

/** The same in one line, where nothing can be drawn anew. */
export function plainLine({ epoch, totalEpochs, share, losses, leftMs, samplesPerSecond }: PanelFigures): string {
  const at = `epoch ${countOf(epoch, totalEpochs)}  ${wholePercent(share)}`;
  return `${at}  loss ${decimal(losses.at(-1) ?? Number.NaN)}  ${speedOf(samplesPerSecond)}  ${duration(leftMs)} left`;
}

/** '3/8 ██████░░░░  37 %  5.2 s left  57,904 samples/s'. */
function progressText(figures: PanelFigures, room: number, paint: Paint): string {
  const { epoch, totalEpochs, share, leftMs, samplesPerSecond } = figures;
  const at = countOf(epoch, totalEpochs);
  const done = wholePercent(share).padStart(5);
  const left = `${duration(leftMs)} left`;
  for (const [before, ...parts] of [
    [at, left, speedOf(samplesPerSecond)],
    [at, left],
    [whole(epoch), left],
  ]) {
    const after = [done, ...parts].join('  ');
    const width = Math.min(WIDEST, room - before.length - after.length - 2);
    if (width < NARROWEST) continue;
    const [full, empty] = bar(share, width);
    return `${before} ${paint('cyan', full)}${paint('dim', empty)} ${after}`;
  }
  const parts = [whole(epoch), done.trim(), left];
  return partsWithin(parts, room) === parts.join('  ') ? parts.join('  ') : partsWithin([at, done.trim()], room);
}

/** '2.301 █▆▅▃▂▁▁▁ 0.0713': where the run began, how it went, and where it is. */
function lossText(losses: readonly number[], room: number, paint: Paint): string {
  if (losses.length === 0) return '';
  const [first, last] = [losses[0], losses[losses.length - 1]].map(decimal);
  const width = Math.min(WIDEST, room - first.length - last.length - 2);
  if (losses.length < 2 || width < NARROWEST) return partsWithin([last], room);
  return `${first} ${paint('cyan', sparkline(losses, width))} ${last}`;
}

/** The parts that fit. */
function partsWithin(parts: readonly string[], room: number): string {
  const text = parts.join('  ');
  return text.length <= room ? text : partsWithin(parts.slice(0, -1), room);
}

/** ' 3/10', '1,500/60,000'. */
export const countOf = (count: number, total: number): string =>
  `${whole(count).padStart(whole(total).length)}/${whole(total)}`;

const speedOf = (samplesPerSecond: number): string => `${whole(samplesPerSecond)} samples/s`;

const BAR = 8;

/**
 * How busy each thread is, as fully as `room` allows: bars, percents, a block for each with the range, or the range.
 */
export function describeThreads(busy: readonly number[], room: number, paint: Paint): string {
  if (busy.length === 0) return '';
  const percents = busy.map((share, t) => `${t + 1} ${wholePercent(share).padStart(5)}`);
  const barsLength = percents.join('   ').length + busy.length * (BAR + 1);
  if (barsLength <= room) return busy.map((share, t) => withBar(share, t, paint)).join('   ');
  const [least, most] = [Math.min(...busy), Math.max(...busy)];
  const range = `${wholePercent(least)} to ${wholePercent(most)}`;
  const blocks = busy.map(levelOf).join('');
  const shorter = [percents.join('  '), `${blocks}  ${range}`, `${busy.length}: ${range}`, range];
  return shorter.find((text) => text.length <= room) ?? '';
}

/** '1 ███████░  93 %'. */
function withBar(share: number, thread: number, paint: Paint): string {
  const [full, empty] = bar(share, BAR);
  return `${thread + 1} ${paint('cyan', full)}${paint('dim', empty)} ${wholePercent(share).padStart(5)}`;
}
