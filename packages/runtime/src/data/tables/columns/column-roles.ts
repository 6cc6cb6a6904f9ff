import { OptionError, type TablePreprocessing, type TargetDecoding } from '@gradloom/core';
import { classesOfProbabilities, columnsOfTargets, labelListOf, listed, show, suggest } from '@gradloom/core/internal';
import type { TableFault } from '../table-faults.ts';
import { labelSeparators, splitOf, type TableOptions } from '../table-options.ts';

/** Use of a column. */
export type Role = 'input' | 'target' | 'weight' | 'time' | 'key' | 'split' | 'left out';

/** The role of each column of the file. @throws OptionError for a column that does not exist or is named twice. */
export function rolesOf(where: string, names: readonly string[], isNamed: boolean, options: TableOptions): Role[] {
  const roles = names.map((): Role => 'input');
  const { drop = [], columns = {}, weightColumn, series, seriesKey, target = names.length } = options;
  const find = (option: string, column: string | number) => findColumn(where, option, column, names, isNamed);
  const assign = (option: string, column: string | number, role: Role): void => {
    const index = find(option, column);
    if (roles[index] !== 'input') {
      const other = roles[index] === 'left out' ? 'left out' : `the ${roles[index]}`;
      throw new OptionError(where, option, `has ${show(column)}, which is ${other}, expected another column`);
    }
    roles[index] = role;
  };
  for (const name of drop) {
    const parts = names.filter((part) => part.startsWith(`${name}.`)); // of an object
    const isColumn = parts.length === 0 || names.includes(name) || isColumnNumber(name, names);
    for (const column of isColumn ? [name] : parts) assign('drop', column, 'left out');
  }
  if (weightColumn !== undefined) assign('weightColumn', weightColumn, 'weight');
  if (series !== undefined) assign('series', series, 'time');
  if (seriesKey !== undefined) assign('seriesKey', seriesKey, 'key');
  const split = splitOf(options.split);
  if (split !== undefined && series !== undefined) {
    throw new OptionError(where, 'split', `has ${show(options.split)}, expected none: a series is split by time`);
  }
  if (split !== undefined && 'column' in split) {
    const index = find('split', split.column);
    if (roles[index] === 'weight') assign('split', split.column, 'split');
    // A column of times stays an input unless it is dropped; a column of groups is none.
    if (split.by === 'group' || roles[index] === 'left out') roles[index] = 'split';
  }
  const targets = typeof target === 'object' ? target : [target];
  // Without `target`, the last remaining column is the target.
  if (options.target === undefined) {
    const last = roles.lastIndexOf('input');
    if (last !== -1) roles[last] = 'target';
  } else for (const name of targets) assign('target', name, 'target');
  for (const name of Object.keys(columns)) find('columns', name); // throws if there is none
  return roles;
}

/** Whether each row was its own target. */
export const targetsAreInputs = ({ series, columns, target }: TablePreprocessing): boolean =>
  series === undefined && columns.some(({ name }) => target.some((t) => t.type === 'values' && t.name === name));

/**
 * The role of each column in rows for a model: the model's own columns are read, and those that the options name for
 * the target, if it is a new one, the weights and the split. Others are left out.
 */
export function rolesFor(
  where: string,
  preprocessing: TablePreprocessing,
  names: readonly string[],
  fault: TableFault,
  options: TableOptions,
  hasNewTarget: boolean,
): Role[] {
  const { target, weightColumn, split } = options;
  const { series } = preprocessing;
  const inputs = new Set(preprocessing.columns.map(({ name }) => name));
  const nameOf = (option: string, column: string | number) => names[findColumn(where, option, column, names, true)];
  // The target of a series is one of its inputs; where all targets are inputs, the last is read as the target.
  const targetColumns = columnsOfTargets(preprocessing.target);
  const tableTargets = targetsAreInputs(preprocessing) ? targetColumns.slice(-1) : targetColumns;
  const modelTargets = series === undefined ? tableTargets : [series.target];
  const targets = new Set(hasNewTarget ? newTargets() : modelTargets);
  if (!hasNewTarget) checkTargets();
  const weights = weightColumn === undefined ? undefined : nameOf('weightColumn', weightColumn);
  if (weights !== undefined && (inputs.has(weights) || targets.has(weights))) refuseUsed('weightColumn', weights);
  const splitting = splitOf(split);
  const splitBy = splitting !== undefined && 'column' in splitting ? splitting.column : undefined;
  const seriesColumns = series === undefined ? [] : [series.time, ...(series.key === undefined ? [] : [series.key])];
  for (const name of [...seriesColumns, ...inputs, ...targets]) {
    if (names.includes(name)) continue;
    const firstNames = names.slice(0, 20).map(show).join(', ');
    throw fault(`has the columns ${firstNames}, expected ${show(name)} too, which the model was trained with`);
  }
  return names.map((name) => {
    if (name === series?.time) return 'time';
    if (name === series?.key) return 'key';
    if (targets.has(name)) return 'target';
    if (inputs.has(name)) return 'input';
    return name === weights ? 'weight' : name === splitBy ? 'split' : 'left out';
  });

  /** The columns of a new target: the last one that is no input by default. */
  function newTargets(): string[] {
    const defaultTarget = names.findLast((name) => !inputs.has(name)) ?? names.length;
    const columns = [target ?? defaultTarget].flat().map((column) => nameOf('target', column));
    const input = columns.find((name) => inputs.has(name));
    return input === undefined ? columns : refuseUsed('target', input);
  }

  /** @throws OptionError for options that name other targets than the model's, or read them in another way. */
  function checkTargets(): void {
    const requested = [target ?? []].flat().map((column) => nameOf('target', column));
    const isSame = requested.length === targets.size && requested.every((name) => targets.has(name));
    if (target !== undefined && !isSame && !targetsAreInputs(preprocessing))
      refuseOther('target', requested, modelTargets);
    for (const option of ['targets', 'targetTransform', 'labelSeparator', 'classNames'] as const) {
      const value = options[option];
      const known = targetOptionsOf(preprocessing)[option];
      const isKnown = option === 'classNames' ? String(value) === String(known) : known.includes(String(value));
      if (value !== undefined && !isKnown) refuseOther(option, [value].flat(), known);
    }
  }

  function refuseOther(option: string, value: readonly string[], known: readonly string[]): never {
    const expected = known.length === 0 ? 'none' : listed([...new Set(known)].map(show));
    const problem = `has ${listed(value.map(show))}, expected ${expected} as in the model, or one with new outputs`;
    throw new OptionError(where, option, `${problem} (--replace-head, adaptModel)`);
  }

  function refuseUsed(option: string, name: string): never {
    const use = inputs.has(name) ? 'an input' : 'a target';
    throw new OptionError(where, option, `has ${show(name)}, which is ${use} of the model, expected another column`);
  }
}

/** The options that read the targets of a model as it did. */
function targetOptionsOf(
  preprocessing: TablePreprocessing,
): Readonly<Record<'targets' | 'targetTransform' | 'labelSeparator' | 'classNames', readonly string[]>> {
  const { target } = preprocessing;
  const kinds = target.map(({ type }) => type);
  const [only] = target;
  const separatorOf = (decoding: TargetDecoding): string => {
    const separator = labelListOf(decoding)?.separator;
    return Object.entries(labelSeparators).find(([, character]) => character === separator)?.[0] ?? 'none';
  };
  return {
    targets: classesOfProbabilities(target) ? ['probabilities'] : targetsAreInputs(preprocessing) ? ['inputs'] : kinds,
    targetTransform: target.map((decoding) => (decoding.type === 'values' && decoding.transform) || 'none'),
    labelSeparator: target.map(separatorOf),
    classNames: target.length === 1 && only.type === 'classes' ? only.labels : [],
  };
}

/** Whether the text is the number of a column, from 1. */
const isColumnNumber = (column: string | number, { length }: readonly string[]): boolean =>
  Number.isInteger(Number(column)) && Number(column) >= 1 && Number(column) <= length;

/** The index of a column that is given by its name or number. */
function findColumn(
  where: string,
  option: string,
  column: string | number,
  names: readonly string[],
  isNamed: boolean,
): number {
  const index = names.indexOf(String(column));
  if (index !== -1) return index;
  if (isColumnNumber(column, names)) return Number(column) - 1;
  const expected = isNamed
    ? `one of ${names.slice(0, 20).map(show).join(', ')}`
    : 'the number of a column, since the file has no names of columns';
  const hint = suggest(column, isNamed ? names : []);
  throw new OptionError(where, option, `has ${show(column)}, expected ${expected} (1 to ${names.length})${hint}`);
}
