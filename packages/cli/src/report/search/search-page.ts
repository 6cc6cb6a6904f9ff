import { monitors } from '@gradloom/runtime/options';
import { list, nullable, record } from '../../options/schema/containers.ts';
import { commandLine, count, flag, name, number, whole } from '../../options/schema/scalars.ts';
import { type Read, type Schema, throwMismatch } from '../../options/schema/schema.ts';
import { decimal, duration, plural, whole as wholeText } from '../../terminal/text/format.ts';
import { parallelCoordinates } from '../charts/parallel-coordinates.ts';
import { machineFacts, machineTable } from '../machine-table.ts';
import type { Page } from '../page.ts';
import type { Picture } from '../picture.ts';

const MAX_TRIALS = 100_000;

function oneOf<const W extends string>(words: readonly W[]): Schema<W> {
  const expected = `one of ${words.join(', ')}`;
  return { expected, read: (value) => words.find((word) => word === value) ?? throwMismatch(value, expected) };
}

const searchedValue: Schema<number | string> = {
  expected: 'a number or text',
  read: (value, path) => (typeof value === 'number' ? number().read(value, path) : name.read(value, path)),
};

const trial = record({
  trial: count(1),
  round: count(1), // the last round that it took part in
  rank: count(1),
  score: nullable(number()),
  deviation: nullable(number(0)),
  loss: nullable(number()),
  steps: count(),
  early: flag,
  elapsedMs: number(0),
  values: list(searchedValue, 0, 100),
});

/** The parts of search.json that are shown. */
export const searchDocument = record({
  ...machineFacts,
  file: name,
  method: oneOf(['grid', 'random', 'halving']),
  seed: count(),
  folds: nullable(whole(2, MAX_TRIALS)),
  metric: oneOf(Object.keys(monitors) as (keyof typeof monitors)[]),
  isHigherBetter: flag,
  rounds: list(
    record({
      number: count(1), // from 1
      length: nullable(record({ unit: oneOf(['steps', 'epochs']), count: count(1) })), // of a trial; null: by options
      count: count(1), // trials of the round
    }),
    1,
    1000,
  ),
  searched: list(record({ key: name, log: flag }), 1, 100),
  trials: list(trial, 0, MAX_TRIALS),
  left: count(), // trials still to measure
  stopped: flag,
  best: nullable(record({ trial: count(1), command: commandLine })),
});

type SearchFacts = Read<typeof searchDocument>;

/** Maximum number of trials in the page's table. */
const MAX_SHOWN = 100;

/** Best fraction of the trials, drawn in colour. */
const BEST_SHARE = 0.1;

/** The page of a search, with the same figures and sentences as in the terminal. */
export function searchPage(document: SearchFacts): Page {
  const { trials, best, metric, stopped, left } = document;
  const [first] = trials;
  const { head, rows, numeric } = trialTable(document, MAX_SHOWN);
  const rest = trials.length - rows.length;
  return {
    title:
      best === null || first === undefined || first.score === null
        ? 'No trial has a result'
        : `Best ${metric}: ${decimal(first.score)}, by trial ${best.trial}`,
    lead: `${searchText(document)}.${stopped ? ` Stopped with ${left} trials to measure.` : ''}`,
    figures:
      first === undefined || first.score === null
        ? []
        : [
            { name: `best ${metric}`, value: decimal(first.score) },
            { name: 'trials measured', value: String(trials.length) },
          ],
    chapters: [
      ...(best === null ? [] : [{ title: 'Train with the best options', code: best.command }]),
      {
        title: 'Trials',
        pictures: trials.length > 1 ? [coordinates(document)] : [],
        tables: [{ title: 'By merit', head, rows, numeric, ...(rest > 0 ? { notes: [`and ${rest} more`] } : {}) }],
      },
      { title: 'The machine', folded: [machineTable(document)] },
    ],
  };
}

function coordinates({ searched, trials, metric }: SearchFacts): Picture {
  const markedCount = Math.max(1, Math.round(BEST_SHARE * trials.length));
  return {
    name: 'parallel-coordinates',
    title: 'Values and results of every trial',
    caption: `Each line is a trial. The best ${markedCount === 1 ? 'one is' : `${markedCount} are`} drawn in colour; the last axis is the result.`,
    altText: `${trials.length} trials over ${searched.map(({ key }) => key).join(', ')} and ${metric}`,
    draw: parallelCoordinates({
      axes: [
        ...searched.map(({ key, log }, k) => ({ name: key, log, values: trials.map(({ values }) => values[k]) })),
        { name: metric, log: false, values: trials.map(({ score }) => score) },
      ],
      marked: trials.map((_, k) => k < markedCount),
    }),
  };
}

type SearchSummary = Pick<
  SearchFacts,
  | 'method'
  | 'folds'
  | 'metric'
  | 'isHigherBetter'
  | 'rounds'
  | 'searched'
  | 'trials'
  | 'left'
  | 'stopped'
  | 'best'
  | 'seed'
>;

/** One line: the method of the search, and its metric. */
export function searchText({
  method,
  folds,
  metric,
  isHigherBetter,
  rounds,
  trials,
  left,
  seed,
}: SearchSummary): string {
  const count = plural(trials.length + left, 'trial');
  const how = method === 'grid' ? `grid of ${count}` : `${count} drawn at random, seed ${seed}`;
  const rowsText = folds === null ? 'of the validation rows' : `mean of ${folds} folds`;
  const betterDirection = isHigherBetter ? 'higher' : 'lower';
  const halvingText =
    method === 'halving'
      ? `; rounds of ${rounds.map(({ count, length }) => `${count} × ${length === null ? '' : `${wholeText(length.count)} ${length.unit}`}`).join(', ')}`
      : '';
  return `${how}${halvingText}; by ${metric} ${rowsText}, ${betterDirection} is better`;
}

/** The table of trials, best first. */
export function trialTable({ folds, metric, rounds, searched, trials }: SearchSummary, maxRows = trials.length) {
  const hasRounds = rounds.length > 1;
  const head = [
    'rank',
    'trial',
    ...(hasRounds ? ['round'] : []),
    ...searched.map(({ key }) => key),
    metric,
    ...(folds === null ? [] : ['deviation']),
    ...(metric === 'validation-loss' ? [] : ['loss']),
    'steps',
    'time',
  ];
  const rows = trials
    .slice(0, maxRows)
    .map(({ rank, trial, round, values, score, deviation, loss, steps, early, elapsedMs }) => [
      String(rank),
      String(trial),
      ...(hasRounds ? [String(round)] : []),
      ...values.map(String),
      score === null ? 'diverged' : decimal(score),
      ...(folds === null ? [] : [deviation === null ? '' : decimal(deviation)]),
      ...(metric === 'validation-loss' ? [] : [loss === null ? '' : decimal(loss)]),
      `${wholeText(steps)}${early ? ' early' : ''}`,
      duration(elapsedMs),
    ]);
  const isNumeric = (column: number) => rows.every((row) => /^[\d.,e+-]*$/.test(row[column]));
  return { head, rows, numeric: head.map((_, k) => k).filter(isNumeric) };
}
