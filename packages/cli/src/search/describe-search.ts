import { typed } from '../invocation.ts';
import type { Io } from '../io.ts';
import { decimal, duration, plural, whole } from '../text/format.ts';
import { table } from '../text/table.ts';
import type { SearchDocument } from './document.ts';

/** Trials in the terminal's table; the document has all. */
const SHOWN = 15;

type Shown = Pick<
  SearchDocument,
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

/** Lines of at most 80 columns, but for the command. */
export function describeSearch(document: Shown, env: Io['env']): string[] {
  const { trials, best } = document;
  const { head, rows, numeric } = trialTable(document, SHOWN);
  const more = trials.length - rows.length;
  return [
    searchText(document),
    '',
    ...table(head, rows, { right: numeric }),
    ...(more > 0 ? [`and ${plural(more, 'trial')} more`] : []),
    ...(document.left > 0 ? [`${plural(document.left, 'trial')} not measured yet`] : []),
    '',
    ...(best === null
      ? ['No trial has a result: every run diverged or was stopped.']
      : ['Best:', typed(best.command, env)]),
  ];
}

/** One line: how was searched, and by what. */
export function searchText({ method, folds, metric, isHigherBetter, rounds, trials, left, seed }: Shown): string {
  const count = plural(trials.length + left, 'trial');
  const how = method === 'grid' ? `grid of ${count}` : `${count} drawn at random, seed ${seed}`;
  const measured = folds === null ? 'of the validation rows' : `mean of ${folds} folds`;
  const better = isHigherBetter ? 'higher' : 'lower';
  const halved =
    method === 'halving'
      ? `; rounds of ${rounds.map(({ count, length }) => `${count} × ${length === null ? '' : `${whole(length.count)} ${length.unit}`}`).join(', ')}`
      : '';
  return `${how}${halved}; by ${metric} ${measured}, ${better} is better`;
}

/** The trials by merit. */
export function trialTable({ folds, metric, rounds, searched, trials }: Shown, most = trials.length) {
  const several = rounds.length > 1;
  const text = (value: number | null) => (value === null ? 'diverged' : decimal(value));
  const head = [
    ...['rank', 'trial', ...(several ? ['round'] : []), ...searched.map(({ key }) => key)],
    ...[metric, ...(folds === null ? [] : ['deviation'])],
    ...(metric === 'validation-loss' ? [] : ['loss']),
    ...['steps', 'time'],
  ];
  const rows = trials
    .slice(0, most)
    .map(({ rank, trial, round, values, score, deviation, loss, steps, early, elapsedMs }) => [
      ...[String(rank), String(trial), ...(several ? [String(round)] : []), ...values.map(String)],
      ...[text(score), ...(folds === null ? [] : [deviation === null ? '' : decimal(deviation)])],
      ...(metric === 'validation-loss' ? [] : [loss === null ? '' : decimal(loss)]),
      ...[`${whole(steps)}${early ? ' early' : ''}`, duration(elapsedMs)],
    ]);
  const texts = (column: number) => rows.every((row) => /^[\d.,e+-]*$/.test(row[column]));
  return { head, rows, numeric: head.map((_, k) => k).filter((k) => texts(k)) };
}
