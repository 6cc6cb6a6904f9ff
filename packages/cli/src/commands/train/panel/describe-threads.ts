import type { Paint } from '../../../terminal/paint.ts';
import { bar, wholePercent } from '../../../terminal/text/bar.ts';
import { levelOf } from '../../../terminal/text/sparkline.ts';

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
