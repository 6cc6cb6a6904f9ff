import { OptionError } from '@gradloom/core';
import { checkKeys, checkList, complete, counted, listed, show } from '@gradloom/core/internal';
import { checkDataset } from './check-dataset.ts';
import { type DataMatrix, type Dataset, valueMatrix } from './dataset.ts';
import { sharedArrays } from './number-types.ts';
import { sortedNames } from './tables/fit-preprocessing.ts';

/** Arguments of `datasetFromRows`. */
export interface RowsOptions {
  /** Rows of numbers [N][I]. */
  inputs: readonly (readonly number[])[];
  /**
   * One entry per row [N]: a value, or the index or name of a class; or a list per row: of values [N][O], or, with
   * `classes`, of the classes of its positions [N][T], where -1 is a position that does not count.
   */
  targets: readonly number[] | readonly string[] | readonly (readonly number[])[];
  /** Shape of a row of inputs, such as [28, 28, 1] for 784 numbers. @default [I] */
  shape?: readonly number[];
  /** Number of classes, if targets are indices from 0 to classes - 1. @default as many as names; without, values */
  classes?: number;
  /** The class names, in the order of their indices. @default all names in the targets, sorted */
  classNames?: readonly string[];
  /** Weight of each row in the training loss [N], at least 0: see `Dataset.weights`. @default each counts 1 */
  weights?: readonly number[];
  /** Real positions of each row [N] of sequences, or of its parts [N][parts]: see `Dataset.lengths`. @default all */
  lengths?: readonly number[] | readonly (readonly number[])[];
  /** Name of the dataset in messages. @default 'rows' */
  name?: string;
}

/**
 * Makes a dataset from plain arrays, copied into shared memory as Float64.
 * @throws Error naming the first part that does not fit.
 */
export function datasetFromRows(options: RowsOptions): Dataset {
  const where = 'datasetFromRows';
  checkKeys(where, options, ['inputs', 'targets', 'shape', 'classes', 'classNames', 'weights', 'lengths', 'name']);
  const { inputs, targets, shape, weights, lengths, name = 'rows' } = options;
  checkList(where, 'inputs', inputs, 'a list of rows');
  checkList<unknown>(where, 'targets', targets, 'a list of numbers or of rows');
  const words = targets.filter((target) => typeof target === 'string');
  const { classNames = words.length === 0 ? undefined : sortedNames(new Set(words)) } = options;
  if (classNames !== undefined) checkList(where, 'classNames', classNames, 'a list of names');
  const { classes = classNames?.length ?? null } = options;
  if (classNames !== undefined && classNames.length !== classes) {
    const problem = `has ${counted(classNames.length, 'name')}, expected ${classes} (classes)`;
    throw new OptionError(where, 'classNames', problem);
  }
  const indices = words.length === 0 ? targets : indicesOf(where, targets, classNames ?? []);
  const targetRows = indices.map((target) => (typeof target === 'number' ? [target] : (target as readonly number[])));
  if (targetRows.length !== inputs.length) {
    throw new Error(`${where}: targets has ${targetRows.length} rows, expected ${inputs.length} (as many as inputs)`);
  }
  return complete(
    checkDataset(where, {
      name,
      rows: inputs.length,
      inputs: { ...matrixFromRows(where, 'inputs', inputs), ...(shape === undefined ? {} : { shape }) },
      targets: matrixFromRows(where, 'targets', targetRows),
      classes,
      ...(classNames === undefined ? {} : { labels: classNames }),
      ...(weights === undefined ? {} : { weights: columnOf(where, 'weights', weights) }),
      ...(lengths === undefined ? {} : { lengths: columnOf(where, 'lengths', lengths) }),
    }),
  );
}

const columnOf = (where: string, name: string, numbers: readonly (number | readonly number[])[]): DataMatrix =>
  matrixFromRows(
    where,
    name,
    checkList(where, name, numbers, 'a list of numbers').map((number) => [number].flat()),
  );

/** The index of each name. @throws OptionError for another target. */
function indicesOf(where: string, targets: readonly unknown[], classNames: readonly string[]): number[] {
  const indices = new Map<unknown, number>(classNames.map((name, index) => [name, index]));
  return targets.map((target, n) => {
    const index = indices.get(target);
    if (index !== undefined) return index;
    throw new OptionError(where, 'targets', `has ${show(target)} in row ${n}, expected one of ${listed(classNames)}`);
  });
}

function matrixFromRows(where: string, name: string, rows: readonly (readonly number[])[]) {
  const columns = rows[0]?.length ?? 0;
  const array = sharedArrays.float64(rows.length * columns);
  for (const [n, row] of rows.entries()) {
    if (!Array.isArray(row)) {
      throw new Error(`${where}: ${name} has ${show(row)} as row ${n}, expected a list of numbers`);
    }
    if (row.length !== columns) {
      throw new Error(`${where}: ${name} has ${row.length} numbers in row ${n}, expected ${columns} (as in row 0)`);
    }
    for (const [i, value] of row.entries()) {
      if (typeof value !== 'number') {
        throw new Error(`${where}: ${name} has ${show(value)} in row ${n}, column ${i}, expected a number`);
      }
      array[n * columns + i] = value;
    }
  }
  return valueMatrix(array, columns);
}
