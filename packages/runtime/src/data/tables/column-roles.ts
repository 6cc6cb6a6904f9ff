import { OptionError, type TablePreprocessing } from '@gradloom/core';
import { show, suggest } from '@gradloom/core/internal';
import { splitOf, type TableOptions } from './table-options.ts';

/** Use of a column. */
export type Role = 'input' | 'target' | 'weight' | 'time' | 'key' | 'split' | 'left out';

/** The role of each column of the file. @throws OptionError for a column that does not exist or is named twice. */
export function rolesOf(where: string, names: readonly string[], isNamed: boolean, options: TableOptions): Role[] {
  const roles = names.map((): Role => 'input');
  const { drop = [], columns = {}, weightColumn, series, seriesKey, target = names.length } = options;
  const find = (option: string, wanted: string | number) => findColumn(where, option, wanted, names, isNamed);
  const give = (option: string, wanted: string | number, role: Role): void => {
    const at = find(option, wanted);
    if (roles[at] !== 'input') {
      const problem = `has ${show(wanted)}, which is ${roles[at] === 'left out' ? '' : 'the '}${roles[at]}, expected another column`;
      throw new OptionError(where, option, problem);
    }
    roles[at] = role;
  };
  for (const name of drop) {
    const parts = names.filter((own) => own.startsWith(`${name}.`)); // of an object
    const isOwn = parts.length === 0 || names.includes(name) || isPlace(name, names);
    for (const own of isOwn ? [name] : parts) give('drop', own, 'left out');
  }
  if (weightColumn !== undefined) give('weightColumn', weightColumn, 'weight');
  if (series !== undefined) give('series', series, 'time');
  if (seriesKey !== undefined) give('seriesKey', seriesKey, 'key');
  const split = splitOf(options.split);
  if (split !== undefined && series !== undefined) {
    throw new OptionError(where, 'split', `has ${show(options.split)}, expected none: a series is split by time`);
  }
  if (split !== undefined && 'column' in split) {
    const at = find('split', split.column);
    if (roles[at] === 'weight') give('split', split.column, 'split');
    // The time of a row is an input, unless it is dropped; its group is none.
    if (split.by === 'group' || roles[at] === 'left out') roles[at] = 'split';
  }
  const targets = typeof target === 'object' ? target : [target];
  // Without `target`, the last remaining column is the target.
  if (options.target === undefined) {
    const last = roles.lastIndexOf('input');
    if (last !== -1) roles[last] = 'target';
  } else for (const name of targets) give('target', name, 'target');
  for (const name of Object.keys(columns)) find('columns', name);
  return roles;
}

/** The role of each column in rows for a model to answer: the model's own columns are read, others are left out. */
export function rolesFor(
  preprocessing: TablePreprocessing,
  names: readonly string[],
  fault: (problem: string) => Error,
  needsTarget: boolean,
  splitBy?: string, // the column by which rows are split
): Role[] {
  const { series } = preprocessing;
  const inputs = new Set(preprocessing.columns.map(({ name }) => name));
  const targets = new Set(series === undefined ? preprocessing.target.map(({ name }) => name) : [series.target]);
  const ofSeries = series === undefined ? [] : [series.time, ...(series.key === undefined ? [] : [series.key])];
  for (const name of [...ofSeries, ...inputs, ...(needsTarget ? targets : [])]) {
    if (names.includes(name)) continue;
    const known = names.slice(0, 20).map(show).join(', ');
    throw fault(`has the columns ${known}, expected ${show(name)} too, which the model was trained with`);
  }
  return names.map((name) => {
    if (name === series?.time) return 'time';
    if (name === series?.key) return 'key';
    // The target of a series is one of its inputs.
    if (targets.has(name)) return 'target';
    return inputs.has(name) ? 'input' : name === splitBy ? 'split' : 'left out';
  });
}

/** Whether the text is the number of a column, from 1. */
const isPlace = (wanted: string | number, { length }: readonly string[]): boolean =>
  Number.isInteger(Number(wanted)) && Number(wanted) >= 1 && Number(wanted) <= length;

function findColumn(
  where: string,
  option: string,
  wanted: string | number,
  names: readonly string[],
  isNamed: boolean,
): number {
  const at = names.indexOf(String(wanted));
  if (at !== -1) return at;
  if (isPlace(wanted, names)) return Number(wanted) - 1;
  const known = isNamed
    ? `one of ${names.slice(0, 20).map(show).join(', ')}`
    : 'the number of a column, since the file has no names of columns';
  const hint = suggest(wanted, isNamed ? names : []);
  throw new OptionError(where, option, `has ${show(wanted)}, expected ${known} (1 to ${names.length})${hint}`);
}
