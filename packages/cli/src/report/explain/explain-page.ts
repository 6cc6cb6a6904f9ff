import { howText, meanText, nameOf, ranked, showMean, titleOf, wordOf } from '../../lab/figures/importances.ts';
import { list, nullable, record } from '../../options/schema/containers.ts';
import { name } from '../../options/schema/names.ts';
import { count, figure, flag, literal, text, whole } from '../../options/schema/scalars.ts';
import type { Read, Schema } from '../../options/schema/schema.ts';
import { decimal, plural, whole as wholeText } from '../../terminal/text/format.ts';
import { highest } from '../axes.ts';
import { barChart } from '../charts/bar-chart.ts';
import { pixels } from '../charts/mistakes.ts';
import { machineFacts, machineTable } from '../machine-table.ts';
import { markup } from '../markup/markup.ts';
import type { Page } from '../page.ts';
import type { Picture } from '../picture.ts';

const MOST_COLUMNS = 100_000;
const MOST_SIDE = 1024;

/** Most bars of a chart and rows of a table. */
const SHOWN = 30;

const better: Schema<'higher' | 'lower'> = {
  expected: 'higher or lower',
  read: (value, place) => (value === 'higher' ? value : literal('lower').read(value, place)),
};

/** The parts of explain.json that are shown. */
export const explainDocument = record({
  ...machineFacts,
  dataset: name,
  split: name,
  metric: name,
  better,
  baseline: figure(),
  rows: count(1),
  allRows: count(1),
  repeats: count(1),
  seed: count(),
  isTable: flag,
  side: nullable(whole(1, MOST_SIDE)),
  importances: list(record({ name, mean: figure(), deviation: figure() }), MOST_COLUMNS, 1),
  command: text(2 ** 23),
});

type Explain = Read<typeof explainDocument>;

/** The page of explain, with the same figures and sentences as in the terminal. */
export function explainPage(document: Explain): Page {
  const { dataset, split, baseline, metric, rows, allRows, side, importances } = document;
  const [first] = ranked(document);
  const used = rows === allRows ? '' : `, ${wholeText(rows)} of ${wholeText(allRows)} rows`;
  return {
    title:
      first.mean > 0
        ? `The most important ${wordOf(document)}: ${nameOf(document, first.name)}`
        : `No ${wordOf(document)} is important`,
    lead: `${dataset}, ${split === 'all' ? 'all' : split} rows${used}. ${howText(document)}`,
    figures: [
      { name: titleOf(metric), value: decimal(baseline) },
      { name: plural(importances.length, wordOf(document)).replace(/^\S+ /, ''), value: wholeText(importances.length) },
    ],
    chapters: [
      {
        title: `Importance of each ${wordOf(document)}`,
        pictures: [
          ...(side === null || side * side !== importances.length ? [] : [imageOf(document, side)]),
          bars(document),
        ],
        tables: [
          {
            title: 'Importance',
            head: [wordOf(document), 'mean', 'standard deviation'],
            rows: ranked(document)
              .slice(0, SHOWN)
              .map(({ name, mean, deviation }) => [nameOf(document, name), showMean(mean), showMean(deviation)]),
            numeric: [1, 2],
          },
        ],
      },
      { title: 'Reproduce this', code: document.command, folded: [machineTable(document)] },
    ],
  };
}

function bars(document: Explain): Picture {
  const shown = ranked(document)
    .filter(({ mean }) => Number.isFinite(mean))
    .slice(0, SHOWN);
  const left = document.importances.length - shown.length;
  const verb = document.better === 'higher' ? 'Fall' : 'Rise';
  return {
    name: 'importance',
    title: `${verb} of ${titleOf(document.metric)} when it is shuffled`,
    sentence: `Mean ± standard deviation of ${plural(document.repeats, 'shuffle')}.${left > 0 ? ` The ${plural(left, `least important ${wordOf(document)}`)} of ${wholeText(document.importances.length)} ${left === 1 ? 'is' : 'are'} left out.` : ''}`,
    alternative: shown.map((one) => `${nameOf(document, one.name)}: ${meanText(one)}`).join('; '),
    draw: (width) =>
      barChart(
        {
          bars: shown.map((one) => ({ name: nameOf(document, one.name), value: one.mean, text: meanText(one) })),
          x: { label: `${verb.toLowerCase()} of ${titleOf(document.metric)}` },
        },
        width,
      ),
  };
}

/** An image of pixel importances: the darker the more important. */
function imageOf({ importances, metric }: Explain, side: number): Picture {
  const most = highest(importances.map(({ mean }) => (Number.isFinite(mean) ? Math.max(0, mean) : 0)));
  const values = Uint8Array.from(importances, ({ mean }) =>
    most > 0 && mean > 0 ? Math.round((255 * mean) / most) : 0,
  );
  const used = values.filter((value) => value > 0).length;
  return {
    name: 'important-pixels',
    title: 'The pixels that the model needs',
    sentence: `The darker a pixel, the worse ${titleOf(metric)} gets when it is shuffled. Pixels that make it no worse are white.`,
    alternative: `${plural(used, 'pixel')} of ${wholeText(importances.length)} are important, at most ${decimal(most)}.`,
    draw: (width) => {
      const size = Math.min(width, 420);
      const body = markup`<g transform="scale(${size / side})">${pixels({ side, values })}</g>`;
      return { width, height: size, markup: body };
    },
  };
}
