import { createRandom, OptionError, shuffle } from '@gradloom/core';
import { checkKeys, complete, option, show, showName } from '@gradloom/core/internal';
import { checkDataset } from './check-dataset.ts';
import { type DataMatrix, type DataSplits, type Dataset, hasWindows, mapSets, someRows } from './dataset.ts';
import { sharedArrayLike } from './number-types.ts';
import { hasTargetsByPosition } from './targets.ts';

/** Options of `splitDataset`. */
export interface SplitOptions {
  /** Share of the rows for validation, in [0, 1). @default 0 */
  validation?: number;
  /** Share of the rows for testing, in [0, 1). @default 0 */
  test?: number;
  /** Seed of the split. @default 0 */
  seed?: number;
  /**
   * Whether each part has the same proportion of every class, within a row or two. Has no effect without classes.
   * @default true, and false if each position of a row has a class
   */
  stratify?: boolean;
  /**
   * Number of folds, at least 2, of equal size. The fold `fold` is the test set. Rows that `test` takes are left out
   * before the folds are made and are in no set. @default no folds
   */
  folds?: number;
  /** Which of the folds is the test set, from 1. @default 1 */
  fold?: number;
}

/**
 * Splits the rows at random; the result depends only on dataset and options. Every part keeps the order of the file.
 * @throws OptionError if a requested part would have no rows.
 */
export function splitDataset(dataset: Dataset, options: SplitOptions = {}): DataSplits {
  complete(checkDataset('splitDataset', dataset));
  refuseWindows('splitDataset', dataset);
  const { targets, classes } = dataset;
  const byPosition = hasTargetsByPosition(dataset);
  if (byPosition && options.stratify === true) {
    const problem = `is true, expected false (each position of a row of ${showName(dataset.name)} has a class of its own)`;
    throw new OptionError('splitDataset', ['stratify', 'dataset'], problem);
  }
  const labels = classes === null || byPosition ? null : { indices: targets.array, classes };
  return mapSets(splitRows('splitDataset', dataset, labels, options), (rows) => subset(dataset, rows));
}

/** The rows of each set, ascending. */
export type SplitRows = { readonly [Set in keyof DataSplits]: Uint32Array };

interface RowLabels {
  readonly indices: ArrayLike<number>; // [N]
  readonly classes: number;
}

/** Splits the rows of a dataset or table, stratified by `labels` if given. @throws OptionError as `splitDataset`. */
export function splitRows(
  where: string,
  dataset: { readonly name: string; readonly rows: number },
  labels: RowLabels | null,
  options: SplitOptions,
): SplitRows {
  const { test: testRows, validation: validationRows } = heldOutRows(where, dataset, options);
  const { seed = 0, stratify = true } = options;
  const folds = foldOf(where, dataset.rows - testRows, options);
  const order = Uint32Array.from({ length: dataset.rows }, (_, n) => n);
  shuffle(order, createRandom(seed, 'split'));
  const rows = stratify && labels !== null ? sortByClass(order, labels) : order;
  const heldOut = takeEvenly(rows, testRows);
  const test = folds === null ? heldOut : takeFold(heldOut.rest, folds);
  if (validationRows >= test.rest.length) {
    const problem = `has ${validationRows} rows, expected fewer than the ${test.rest.length} of ${showName(dataset.name)} that the folds leave`;
    throw new OptionError(where, ['validation', 'folds', 'dataset'], problem, { about: 'validation' });
  }
  const validation = takeEvenly(test.rest, validationRows);
  return {
    train: validation.rest.sort(),
    ...(validationRows === 0 ? {} : { validation: validation.taken.sort() }),
    ...(test.taken.length === 0 ? {} : { test: test.taken.sort() }),
  };
}

/** The number of rows that are held out for each set. @throws OptionError if none are left to train on. */
export function heldOutRows(
  where: string,
  dataset: { readonly name: string; readonly rows: number },
  options: SplitOptions,
): { test: number; validation: number } {
  checkKeys(where, options, ['validation', 'test', 'seed', 'stratify', 'folds', 'fold']);
  const test = rowCountOf(where, dataset, 'test', options.test ?? 0);
  const validation = rowCountOf(where, dataset, 'validation', options.validation ?? 0);
  if (test + validation < dataset.rows) return { test, validation };
  const sets = (['validation', 'test'] as const).filter((set) => (options[set] ?? 0) > 0);
  const has = `${sets.length === 1 ? 'has' : 'have'} ${validation + test} of the ${dataset.rows} rows`;
  const problem = `${has} of ${showName(dataset.name)}, expected fewer (training needs rows too)`;
  throw new OptionError(where, [...sets, 'dataset'], problem, { about: sets.join(' and ') });
}

export interface Fold {
  readonly folds: number;
  readonly fold: number; // from 1
}

/** @throws OptionError for an invalid fold. */
export function foldOf(where: string, rows: number, { folds, fold = 1 }: SplitOptions): Fold | null {
  if (folds === undefined) {
    if (fold === 1) return null;
    throw new OptionError(where, 'fold', `has ${show(fold)}, expected none without folds`);
  }
  if (!Number.isSafeInteger(folds) || folds < 2 || folds > rows) {
    const problem = `has ${show(folds)}, expected a whole number from 2 to ${rows} (the rows to deal out)`;
    throw new OptionError(where, ['folds', 'dataset'], problem, { about: 'folds' });
  }
  option.wholeNumber(1, folds).check(where, 'fold', fold);
  return { folds, fold };
}

/** Takes every `folds`-th row. If `rows` is sorted by class, each fold has the same share of each, within a row. */
const takeFold = (rows: Uint32Array, { folds, fold }: Fold): { taken: Uint32Array; rest: Uint32Array } => ({
  taken: rows.filter((_row, i) => i % folds === fold - 1),
  rest: rows.filter((_row, i) => i % folds !== fold - 1),
});

/** @throws Error for windows of one text: rows at random would share tokens. */
function refuseWindows(where: string, dataset: Dataset): void {
  const { name } = dataset;
  if (!hasWindows(dataset)) return;
  const expected = 'rows that share nothing (loadText splits by place, and splitTable a series by time)';
  throw new Error(`${where}: ${showName(name)} has windows of one text or series, expected ${expected}`);
}

/** The rows at `indices`, copied in ascending order. */
export function subset(dataset: Dataset, indices: Uint32Array): Dataset {
  complete(checkDataset('subset', dataset));
  refuseWindows('subset', dataset);
  if (!(indices instanceof Uint32Array)) {
    throw new Error(`subset: indices has ${show(indices)}, expected a Uint32Array of rows`);
  }
  const rows = indices.toSorted();
  const last = rows.at(-1) ?? 0;
  if (rows.length > 0 && last >= dataset.rows) {
    const expected = `rows from 0 to ${dataset.rows - 1} (of ${showName(dataset.name)})`;
    throw new Error(`subset: indices has ${last}, expected ${expected}`);
  }

  return takeRows(dataset, rows);
}

/** `count` rows, evenly spaced and copied, of a checked dataset without windows; itself if it has no more. */
export function spacedRows(dataset: Dataset, count: number): Dataset {
  const { rows } = dataset;
  if (rows <= count) return dataset;
  return takeRows(
    dataset,
    Uint32Array.from({ length: count }, (_, k) => Math.floor((k * rows) / count)),
  );
}

function takeRows(dataset: Dataset, rows: Uint32Array): Dataset {
  const inputs = copyRows(dataset.inputs, rows);
  const targets = copyRows(dataset.targets, rows);
  const weights = dataset.weights === undefined ? {} : { weights: copyRows(dataset.weights, rows) };
  const lengths = dataset.lengths === undefined ? {} : { lengths: copyRows(dataset.lengths, rows) };
  return { ...dataset, rows: rows.length, inputs, targets, ...weights, ...lengths };
}

function copyRows(matrix: DataMatrix, rows: Uint32Array): DataMatrix {
  const { columns, file } = matrix;
  if (file !== undefined) return { ...matrix, file: someRows(file, rows) };
  const array = sharedArrayLike(matrix.array, rows.length * columns);
  for (let n = 0; n < rows.length; n++) {
    const from = rows[n] * columns;
    array.set(matrix.array.subarray(from, from + columns), n * columns);
  }
  return { ...matrix, array };
}

function rowCountOf(where: string, dataset: { readonly rows: number }, part: string, fraction: number): number {
  option.fraction.check(where, part, fraction);
  const rows = Math.round(fraction * dataset.rows);
  if (rows > 0 || fraction === 0) return rows;
  const problem = `has 0 rows (${fraction} of ${dataset.rows}), expected at least 1`;
  throw new OptionError(where, [part, 'dataset'], problem);
}

/** Sorts by class and keeps the order within each: a counting sort. */
function sortByClass(order: Uint32Array, { indices, classes }: RowLabels): Uint32Array {
  const next = new Uint32Array(classes + 1); // position of each class's next row
  for (const row of order) next[indices[row] + 1]++;
  for (let label = 0; label < classes; label++) next[label + 1] += next[label];
  const sortedRows = new Uint32Array(order.length);
  for (const row of order) sortedRows[next[indices[row]]++] = row;
  return sortedRows;
}

function takeEvenly(rows: Uint32Array, count: number): { taken: Uint32Array; rest: Uint32Array } {
  const isTaken = (_row: number, i: number) =>
    Math.floor(((i + 1) * count) / rows.length) > Math.floor((i * count) / rows.length);
  return { taken: rows.filter(isTaken), rest: rows.filter((row, i) => !isTaken(row, i)) };
}
