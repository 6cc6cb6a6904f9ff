import { OptionError } from '@gradloom/core';
import { checkKeys, checkList, checkObject, complete, counted, listed, show } from '@gradloom/core/internal';
import { checkDataset } from './check-dataset.ts';
import { type DataMatrix, type Dataset, valueMatrix } from './dataset.ts';
import { sharedArrays } from './number-types.ts';
import { sortedNames } from './tables/fit-preprocessing.ts';

/** Targets of one output, an entry per row [N]. */
export type TargetRows = readonly number[] | readonly string[] | readonly (readonly number[])[];

/** Targets of several outputs by their names. */
export interface TargetsByName {
  readonly [output: string]: TargetRows;
}

/** Arguments of `datasetFromRows`. */
export interface RowsOptions {
  /** Rows of numbers [N][I]. */
  inputs: readonly (readonly number[])[];
  /**
   * One entry per row [N]: a value, or the index or name of a class; or a list per row: of values [N][O], or, with
   * `classes`, of the classes of its positions [N][T], where -1 is a position that does not count. For a network with
   * several outputs such a list of each by its name: { digit: ['three', 'one'], angle: [0.1, 0.4] }.
   */
  targets: TargetRows | TargetsByName;
  /** Shape of a row of inputs, such as [28, 28, 1] for 784 numbers. @default [I] */
  shape?: readonly number[];
  /**
   * Number of classes, if targets are indices from 0 to classes - 1; of several outputs by name. @default as many as
   * names; without, values
   */
  classes?: number | Readonly<Record<string, number>>;
  /** The class names, in the order of their indices; of several outputs by name. @default those of the targets */
  classNames?: readonly string[] | Readonly<Record<string, readonly string[]>>;
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
  const target = isByName(targets)
    ? headsFromRows(where, targets, options, inputs.length)
    : targetFromRows(where, targets, options, inputs.length);
  const { labels } = target;
  return complete(
    checkDataset(where, {
      name,
      rows: inputs.length,
      inputs: { ...matrixFromRows(where, 'inputs', inputs), ...(shape === undefined ? {} : { shape }) },
      targets: matrixFromRows(where, 'targets', target.rows),
      classes: target.classes,
      ...(target.heads === undefined ? {} : { heads: target.heads }),
      ...(labels === undefined ? {} : { labels }),
      ...(weights === undefined ? {} : { weights: columnOf(where, 'weights', weights) }),
      ...(lengths === undefined ? {} : { lengths: columnOf(where, 'lengths', lengths) }),
    }),
  );
}

/** Targets of rows, and what a dataset says of them. */
interface Targets extends Pick<Dataset, 'classes' | 'heads' | 'labels'> {
  readonly rows: readonly (readonly number[])[];
}

const isByName = (targets: RowsOptions['targets']): targets is TargetsByName => !Array.isArray(targets);

/** The targets of one output. */
function targetFromRows(
  where: string,
  targets: TargetRows,
  options: { readonly classes?: unknown; readonly classNames?: unknown },
  rows: number,
): Targets {
  checkList<unknown>(where, 'targets', targets, 'a list of numbers or of rows');
  const words = targets.filter((target) => typeof target === 'string');
  const { classNames = words.length === 0 ? undefined : sortedNames(new Set(words)) } = options;
  const list = classNames as readonly string[] | undefined;
  const names = list === undefined ? undefined : checkList(where, 'classNames', list, 'a list of names');
  const { classes = names?.length ?? null } = options;
  if (names !== undefined && names.length !== classes) {
    throw new OptionError(where, 'classNames', `has ${counted(names.length, 'name')}, expected ${classes} (classes)`);
  }
  const indices = words.length === 0 ? targets : indicesOf(where, targets, names ?? []);
  if (targets.length !== rows) {
    throw new Error(`${where}: targets has ${targets.length} rows, expected ${rows} (as many as inputs)`);
  }
  return {
    rows: indices.map((target) => (typeof target === 'number' ? [target] : (target as readonly number[]))),
    classes: classes as number | null,
    ...(names === undefined ? {} : { labels: names }),
  };
}

/** The targets of several outputs, side by side. */
function headsFromRows(where: string, targets: TargetsByName, options: RowsOptions, rows: number): Targets {
  checkObject(where, 'targets', targets, 'a list, or lists by the names of the outputs');
  const optionOf = (name: 'classes' | 'classNames', head: string): unknown => {
    const valuesOfHeads: unknown = options[name];
    if (valuesOfHeads === undefined) return undefined;
    const byName = checkObject(where, name, valuesOfHeads, 'an object by the names of the outputs') as Record<
      string,
      unknown
    >;
    return Object.hasOwn(byName, head) ? byName[head] : undefined;
  };
  const heads = Object.entries(targets).map(([name, target]) => {
    const [classes, classNames] = [optionOf('classes', name), optionOf('classNames', name)];
    const headOptions = {
      ...(classes === undefined ? {} : { classes }),
      ...(classNames === undefined ? {} : { classNames }),
    };
    const about = `${where}: target ${show(name)}`;
    const targetRows = targetFromRows(about, target, headOptions, rows);
    const [first = []] = targetRows.rows;
    const oddRow = targetRows.rows.findIndex(({ length }) => length !== first.length);
    if (oddRow !== -1) {
      const numbers = counted(targetRows.rows[oddRow].length, 'number');
      throw new Error(`${about} has ${numbers} in row ${oddRow}, expected ${first.length} (as in row 0)`);
    }
    return { name, ...targetRows };
  });
  return {
    rows: Array.from({ length: rows }, (_, n) => heads.flatMap((head) => head.rows[n])),
    classes: null,
    heads: heads.map(({ name, rows: [first = []], classes, labels }) => {
      return { name, columns: first.length, classes, ...(labels === undefined ? {} : { labels }) };
    }),
  };
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
