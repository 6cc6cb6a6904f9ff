import { figures } from '@gradloom/core/internal';
import { list, record } from '../../options/schema/containers.ts';
import { count, figure, flag, literal, name } from '../../options/schema/scalars.ts';
import type { Read, Schema } from '../../options/schema/schema.ts';
import { decimal, plural } from '../../terminal/text/format.ts';

const MAX_COLUMNS = 100_000;

const betterDirection: Schema<'higher' | 'lower'> = {
  expected: 'higher or lower',
  read: (value, path) => (value === 'higher' ? value : literal('lower').read(value, path)),
};

/** Results of explain for a model of columns, in explain.json. */
export const importanceFacts = {
  dataset: name,
  split: name,
  metric: name,
  better: betterDirection,
  baseline: figure(),
  rows: count(1),
  allRows: count(1),
  repeats: count(1),
  seed: count(),
  isTable: flag, // whether columns have names; else they are inputs of the network
  importances: list(record({ name, mean: figure(), deviation: figure() }), 1, MAX_COLUMNS),
};

export type Importances = { readonly [K in keyof typeof importanceFacts]: Read<(typeof importanceFacts)[K]> };

/** The columns, most important first; equal ones in the order of the table. */
export const rankImportances = ({ importances }: Importances): Importances['importances'] =>
  [...importances].sort((a, b) => b.mean - a.mean);

/** The title of a figure that a document names. */
export const titleOf = (metric: string): string =>
  Object.entries(figures).find(([name]) => name === metric)?.[1].title ?? metric;

/** '0.1300 ± 0.0058'. */
export const meanText = ({ mean, deviation }: { mean: number; deviation: number }): string =>
  `${showMean(mean)} ± ${showMean(deviation)}`;

/** Shows rounding errors as 0: sums of shares such as 1/240 leave them. */
export const showMean = (value: number): string => decimal(Math.abs(value) < 1e-12 ? 0 : value);

/** The shuffled unit: 'column' or 'input'. */
export const wordOf = ({ isTable }: Importances): string => (isTable ? 'column' : 'input');

export const nameOf = ({ isTable }: Importances, name: string): string => (isTable ? name : `input ${name}`);

/** Two sentences on the method. */
export function howText(importances: Importances): string {
  const { metric, better, baseline, rows, repeats, seed } = importances;
  const unit = wordOf(importances);
  const worse = better === 'higher' ? 'falls' : 'rises';
  return `On ${plural(rows, 'row')}, ${titleOf(metric)} is ${decimal(baseline)}. Each number says by how much it ${worse} when ${unit === 'input' ? 'an' : 'a'} ${unit} is shuffled: the mean of ${plural(repeats, 'shuffle')} (seed ${seed}) ± their standard deviation.`;
}
