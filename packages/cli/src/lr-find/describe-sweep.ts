import { typed } from '../invocation.ts';
import type { Io } from '../io.ts';
import { decimal, plural, whole } from '../text/format.ts';
import { lineChart } from '../text/line-chart.ts';
import type { Suggestion } from './suggest.ts';
import type { RateSweep } from './sweep-rates.ts';

/** What lr-find writes and prints with --json. */
export interface LrFindDocument extends RateSweep {
  readonly event: 'lr-find';
  readonly dataset: string;
  readonly network: string;
  readonly suggestion: (Suggestion & { readonly rate: number }) | null;
  readonly train: string | null; // a command that uses it
  readonly command: string;
}

type Found = Pick<LrFindDocument, 'suggestion' | 'points' | 'stopped' | 'from' | 'to' | 'steps'>;

/** Lines of at most 80 columns. */
export function describeSweep(document: LrFindDocument, env: Io['env']): string[] {
  const { dataset, network, points, train } = document;
  const log = (pick: 'loss' | 'smoothed') => points.map((point) => [Math.log10(point.rate), point[pick]] as const);
  return [
    `${dataset}, ${network}`,
    sweepText(document),
    '',
    ...lineChart(
      [
        { name: 'smoothed', points: log('smoothed') },
        { name: 'of each batch', points: log('loss') },
      ],
      { x: 'log10 of the learning rate', y: 'loss' },
    ),
    '',
    ...suggestionLines(document),
    ...(train === null ? [] : ['', typed(train, env)]),
  ];
}

export function sweepText({ points, from, to, steps, stopped }: Found): string {
  const done = points.length === 0 ? 0 : points[points.length - 1].step;
  const range = `rates from ${decimal(from)} to ${decimal(to)} in ${plural(steps, 'step')}`;
  if (stopped === 'diverged') return `${range}; ended after ${whole(done)}, where the loss had diverged`;
  return stopped === 'aborted' ? `${range}; stopped after ${whole(done)}` : range;
}

/** What the sweep says, a sentence each. */
export function suggestionLines({ suggestion }: Pick<Found, 'suggestion'>): string[] {
  if (suggestion === null) {
    return [
      'No suggestion: the loss did not fall at any of these rates. Try others (--from, --to), more --steps, or another network.',
    ];
  }
  const { rate, lowest } = suggestion;
  return [
    `Suggested learning rate: ${String(rate)}, where the smoothed loss falls fastest.`,
    `The loss is lowest at ${decimal(lowest)}; a tenth of that, ${decimal(lowest / 10)}, is the other common choice.`,
  ];
}
