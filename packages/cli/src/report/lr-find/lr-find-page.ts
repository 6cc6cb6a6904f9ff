import { list, nullable, record } from '../../options/schema/containers.ts';
import { commandLine, count, literal, name, number } from '../../options/schema/scalars.ts';
import type { Read, Schema } from '../../options/schema/schema.ts';
import { decimal, plural, whole } from '../../terminal/text/format.ts';
import { lineChart } from '../charts/line-chart.ts';
import { machineFacts, machineTable } from '../machine-table.ts';
import type { Page } from '../page.ts';
import type { Picture } from '../picture.ts';

/** Maximum number of points on a page. A sweep has at most 1,200. */
const MAX_POINTS = 10_000;

const rate = number(Number.MIN_VALUE);

const stopReason: Schema<'completed' | 'diverged' | 'aborted'> = {
  expected: 'completed, diverged or aborted',
  read: (value, path) => (value === 'completed' || value === 'diverged' ? value : literal('aborted').read(value, path)),
};

/** The parts of lr-find.json that are shown. */
export const lrFindDocument = record({
  ...machineFacts,
  dataset: name,
  network: name,
  from: rate,
  to: rate,
  steps: count(1),
  stopped: stopReason,
  points: list(record({ step: count(1), rate, loss: number(), smoothed: number() }), 0, MAX_POINTS),
  suggestion: nullable(
    record({
      rate, // the steepest, rounded
      steepest: rate, // where the smoothed loss falls fastest
      lowest: rate, // where it is lowest
    }),
  ),
  train: nullable(commandLine),
  command: commandLine,
});

type LrFind = Read<typeof lrFindDocument>;

type Sweep = Pick<LrFind, 'points' | 'from' | 'to' | 'steps' | 'stopped'>;

/** The page of lr-find, with the same figures and sentences as in the terminal. */
export function lrFindPage(document: LrFind): Page {
  const { suggestion, dataset, network, train, points } = document;
  return {
    title: suggestion === null ? 'No learning rate lowers the loss' : `Learning rate ${suggestion.rate}`,
    lead: `${dataset}, ${network}; ${sweepText(document)}.`,
    figures:
      suggestion === null
        ? []
        : [
            { name: 'suggested learning rate', value: String(suggestion.rate) },
            { name: 'rate of the lowest loss', value: decimal(suggestion.lowest) },
          ],
    chapters: [
      {
        title: 'The sweep',
        lines: suggestionLines(document),
        ...(train === null ? {} : { code: train }),
        pictures: points.length === 0 ? [] : [lossByRate(document)],
      },
      { title: 'Reproduce this sweep', code: document.command, folded: [machineTable(document)] },
    ],
  };
}

function lossByRate({ points, suggestion }: LrFind): Picture {
  const smoothedPoints = points.map(({ rate, smoothed }) => [rate, smoothed] as const);
  const last = points[points.length - 1];
  const suggestionText = suggestion === null ? '' : ' The dashed line marks the suggestion.';
  return {
    name: 'loss-by-rate',
    title: 'Loss by learning rate',
    caption: `The rate rises by the same factor at each step. The smoothed loss is a mean in which each step counts 0.9 times as much as the next.${suggestionText}`,
    altText: `Learning rates from ${decimal(points[0].rate)} to ${decimal(last.rate)}; smoothed loss from ${decimal(points[0].smoothed)} to ${decimal(last.smoothed)}, lowest at ${suggestion === null ? 'the start' : decimal(suggestion.lowest)}`,
    draw: lineChart({
      series: [
        { name: 'smoothed', points: smoothedPoints, dots: false },
        { name: 'of each batch', points: points.map(({ rate, loss }) => [rate, loss] as const), dots: false },
      ],
      x: { label: 'learning rate', log: true },
      y: { label: 'loss' },
      rules: suggestion === null ? [] : [suggestion.rate],
    }),
  };
}

/** One line: which rates were tried, and where the sweep ended. */
export function sweepText({ points, from, to, steps, stopped }: Sweep): string {
  const lastStep = points.length === 0 ? 0 : points[points.length - 1].step;
  const range = `rates from ${decimal(from)} to ${decimal(to)} in ${plural(steps, 'step')}`;
  if (stopped === 'diverged') return `${range}; ended after ${whole(lastStep)}, where the loss had diverged`;
  return stopped === 'aborted' ? `${range}; stopped after ${whole(lastStep)}` : range;
}

export function suggestionLines({ suggestion }: Pick<LrFind, 'suggestion'>): string[] {
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
