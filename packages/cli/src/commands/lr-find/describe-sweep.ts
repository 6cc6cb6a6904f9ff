import { suggestionLines, sweepText } from '../../report/lr-find/lr-find-page.ts';
import { typed } from '../../terminal/invocation.ts';
import type { Io } from '../../terminal/io.ts';
import { lineChart } from '../../terminal/text/line-chart.ts';
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
