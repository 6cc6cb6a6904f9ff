import { decimal, percent, whole } from '../../terminal/text/format.ts';
import { deviationOf, meanOf } from './range.ts';

/** Figures of an evaluation by name, such as loss and accuracy. */
export type Figures = Readonly<Record<string, number>>;

/** One fold of a cross-validation. */
export interface Fold {
  readonly fold: number; // from 1
  readonly figures: Figures; // figures of the fold's rows, which the run was not trained on
  readonly rows: number;
  readonly steps: number;
}

/** Mean and standard deviation of the figures of folds, with divisor n - 1. */
export interface FoldsSummary {
  readonly mean: Figures;
  readonly deviation: Figures;
}

export function summaryOf(folds: readonly Fold[]): FoldsSummary {
  const names = Object.keys(folds[0]?.figures ?? {});
  const values = (name: string) => folds.map(({ figures }) => figures[name]);
  return {
    mean: Object.fromEntries(names.map((name) => [name, meanOf(values(name)) ?? Number.NaN])),
    deviation: Object.fromEntries(names.map((name) => [name, deviationOf(values(name))])),
  };
}

/** A figure as text: the accuracy in percent. */
export const figureText = (name: string, value: number): string =>
  name.endsWith('accuracy') ? percent(value) : decimal(value);

/** The table of a cross-validation: a row for each fold, then mean and deviation. */
export function foldsTable(
  folds: readonly Fold[],
  { mean, deviation }: FoldsSummary,
): { readonly head: string[]; readonly rows: string[][]; readonly numeric: number[] } {
  const names = Object.keys(mean);
  const row = (figures: Figures) => names.map((name) => figureText(name, figures[name]));
  return {
    head: ['fold', 'rows', ...names, 'steps'],
    rows: [
      ...folds.map(({ fold, rows, figures, steps }) => [String(fold), whole(rows), ...row(figures), whole(steps)]),
      ['mean', '', ...row(mean), ''],
      ['deviation', '', ...row(deviation), ''],
    ],
    numeric: [1, ...names.map((_, k) => k + 2), names.length + 2],
  };
}
