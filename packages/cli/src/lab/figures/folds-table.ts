import { list, record, table } from '../../options/schema/containers.ts';
import { count, figure, name } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';
import { decimal, percent, whole } from '../../terminal/text/format.ts';
import { deviationOf, meanIfComplete } from './range.ts';

/** Maximum number of folds and figures on a page. */
const MAX_FOLDS = 10_000;
const MAX_FIGURES = 10_000;

/** Figures of an evaluation by name, such as loss and accuracy. */
const figures = table(name, figure(), 0, MAX_FIGURES);
export type Figures = Read<typeof figures>;

const fold = record({
  fold: count(1),
  rows: count(1),
  steps: count(),
  figures, // of the fold's rows, which the run was not trained on
});
export type Fold = Read<typeof fold>;

/** Mean and standard deviation of the figures of folds, with divisor n - 1, and the folds. */
export const foldsFacts = { mean: figures, deviation: figures, runs: list(fold, 0, MAX_FOLDS) };

export interface FoldsSummary {
  readonly mean: Figures;
  readonly deviation: Figures;
}

export function summaryOf(folds: readonly Fold[]): FoldsSummary {
  const names = Object.keys(folds[0]?.figures ?? {});
  const values = (name: string) => folds.map(({ figures }) => figures[name]);
  return {
    mean: Object.fromEntries(names.map((name) => [name, meanIfComplete(values(name)) ?? Number.NaN])),
    deviation: Object.fromEntries(names.map((name) => [name, deviationOf(values(name))])),
  };
}

/** A figure as text: the accuracy in percent. */
export const figureText = (name: string, value: number): string =>
  name.endsWith('accuracy') ? percent(value) : decimal(value);

/** With more figures, a table has a row for each of them, if it then has fewer columns. */
const MAX_COLUMNS = 8;

/** The table of a cross-validation: a row for each fold, then mean and deviation; of many figures a row for each. */
export function foldsTable(
  folds: readonly Fold[],
  { mean, deviation }: FoldsSummary,
): { readonly head: string[]; readonly rows: string[][]; readonly numeric: number[] } {
  const names = Object.keys(mean);
  const row = (figures: Figures) => names.map((name) => figureText(name, figures[name]));
  const byFold = [
    ['fold', 'rows', ...names, 'steps'],
    ...folds.map(({ fold, rows, figures, steps }) => [String(fold), whole(rows), ...row(figures), whole(steps)]),
    ['mean', '', ...row(mean), ''],
    ['deviation', '', ...row(deviation), ''],
  ];
  const isTurned = names.length > Math.max(MAX_COLUMNS, folds.length);
  const [head, ...rows] = isTurned ? byFold[0].map((_, c) => byFold.map((cells) => cells[c])) : byFold;
  return { head, rows, numeric: head.map((_, c) => c).slice(1) };
}
