import { suggestionLines, sweepText } from '../../lr-find/describe-sweep.ts';
import { list, nullable, record } from '../../schema/containers.ts';
import { name } from '../../schema/names.ts';
import { count, literal, number, text } from '../../schema/scalars.ts';
import type { Read, Schema } from '../../schema/schema.ts';
import { decimal } from '../../text/format.ts';
import { lineChart } from '../charts/line-chart.ts';
import { machineFacts, machineTable } from '../machine-table.ts';
import type { Page } from '../page.ts';
import type { Picture } from '../picture.ts';

/** Points that a page shows at most; a sweep has an event for each of 600 steps, and fewer than twice as many. */
const MOST_POINTS = 10_000;

const rate = number(Number.MIN_VALUE);

const stopped: Schema<'completed' | 'diverged' | 'aborted'> = {
  expected: 'completed, diverged or aborted',
  read: (value, place) =>
    value === 'completed' || value === 'diverged' ? value : literal('aborted').read(value, place),
};

/** The parts of lr-find.json that are shown. */
export const lrFindDocument = record({
  ...machineFacts,
  dataset: name,
  network: name,
  from: rate,
  to: rate,
  steps: count(1),
  stopped,
  points: list(record({ step: count(1), rate, loss: number(), smoothed: number() }), MOST_POINTS),
  suggestion: nullable(record({ rate, steepest: rate, lowest: rate })),
  train: nullable(text(2 ** 23)),
  command: text(2 ** 23),
});

type LrFind = Read<typeof lrFindDocument>;

/** The page of lr-find: the same figures and sentences as on the terminal. */
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
  const smoothed = points.map(({ rate, smoothed }) => [rate, smoothed] as const);
  const last = points[points.length - 1];
  const marked = suggestion === null ? '' : ' The dashed line marks the suggestion.';
  return {
    name: 'loss-by-rate',
    title: 'Loss by learning rate',
    sentence: `The rate rises by the same factor at each step. The smoothed loss is a mean in which each step counts 0.9 times as much as the next.${marked}`,
    alternative: `Learning rates from ${decimal(points[0].rate)} to ${decimal(last.rate)}; smoothed loss from ${decimal(points[0].smoothed)} to ${decimal(last.smoothed)}, lowest at ${suggestion === null ? 'the start' : decimal(suggestion.lowest)}`,
    draw: (width) =>
      lineChart(
        {
          series: [
            { name: 'smoothed', points: smoothed, dots: false },
            { name: 'of each batch', points: points.map(({ rate, loss }) => [rate, loss] as const), dots: false },
          ],
          x: { label: 'learning rate', log: true },
          y: { label: 'loss' },
          rules: suggestion === null ? [] : [suggestion.rate],
        },
        width,
      ),
  };
}
