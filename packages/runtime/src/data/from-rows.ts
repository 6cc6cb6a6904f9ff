import { OptionError } from '@gradloom/core';
import { complete, list, onlyKeys, show } from '@gradloom/core/internal';
import { checkDataset } from './check-dataset.ts';
import { type DataMatrix, type Dataset, valueMatrix } from './dataset.ts';
import { sharedArrays } from './number-types.ts';

/** Arguments of `datasetFromRows`. */
export interface RowsOptions {
  /** Rows of numbers [N][I]. */
  inputs: readonly (readonly number[])[];
  /**
   * One number per row [N], a class index or a value; or a list per row: of values [N][O], or, with `classes`, of the
   * classes of its positions [N][T], where -1 is a position that does not count.
   */
  targets: readonly number[] | readonly (readonly number[])[];
  /** Shape of a row of inputs, such as [28, 28, 1] for 784 numbers. @default [I] */
  shape?: readonly number[];
  /** Number of classes, if targets are indices from 0 to classes - 1. @default targets are values */
  classes?: number;
  /** Names of the classes, in the order of their indices; only together with `classes`. */
  labels?: readonly string[];
  /** Weight of each row in the training loss [N], at least 0: see `Dataset.weights`. @default each counts 1 */
  weights?: readonly number[];
  /** Real positions of each row [N] of sequences: see `Dataset.lengths`. @default all */
  lengths?: readonly number[];
  /** Name of the dataset in messages. @default 'rows' */
  name?: string;
}

/**
 * Makes a dataset from plain arrays, copied into shared memory as Float64.
 * @throws Error naming the first part that does not fit.
 */
export function datasetFromRows(options: RowsOptions): Dataset {
  const where = 'datasetFromRows';
  onlyKeys(where, options, ['inputs', 'targets', 'shape', 'classes', 'labels', 'weights', 'lengths', 'name']);
  const { inputs, targets, shape, classes, labels, weights, lengths, name = 'rows' } = options;
  list(where, 'inputs', inputs, 'a list of rows');
  list<unknown>(where, 'targets', targets, 'a list of numbers or of rows');
  refuseNames(where, targets);
  if (labels !== undefined && classes === undefined) {
    const names = list(where, 'labels', labels, 'a list of names').length;
    throw new OptionError(
      where,
      'classes',
      `is not set, expected ${names} (as many as labels; targets are then indices)`,
    );
  }
  const targetRows = targets.map((target) => (typeof target === 'number' ? [target] : target));
  if (targetRows.length !== inputs.length) {
    throw new Error(`${where}: targets has ${targetRows.length} rows, expected ${inputs.length} (as many as inputs)`);
  }
  return complete(
    checkDataset(where, {
      name,
      rows: inputs.length,
      inputs: { ...matrixFromRows(where, 'inputs', inputs), ...(shape === undefined ? {} : { shape }) },
      targets: matrixFromRows(where, 'targets', targetRows),
      classes: classes ?? null,
      ...(labels === undefined ? {} : { labels }),
      ...(weights === undefined ? {} : { weights: columnOf(where, 'weights', weights) }),
      ...(lengths === undefined ? {} : { lengths: columnOf(where, 'lengths', lengths) }),
    }),
  );
}

const columnOf = (where: string, name: string, numbers: readonly number[]): DataMatrix =>
  matrixFromRows(
    where,
    name,
    list(where, name, numbers, 'a list of numbers').map((number) => [number]),
  );

/** Refuses targets given as names: the caller must map names to indices. */
function refuseNames(where: string, targets: readonly unknown[]): void {
  const n = targets.findIndex((target) => typeof target === 'string');
  if (n === -1) return;
  const hint = 'targets: names.map((name) => labels.indexOf(name)), with labels and classes: labels.length';
  throw new OptionError(
    where,
    'targets',
    `has ${show(targets[n])} in row ${n}, expected the index of a class (${hint})`,
  );
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
