import { OptionError, type Pausable, type Shape } from '@gradloom/core';
import { checkList, checkObject, checkScale, counted, option, sequenceOf, show, sizeOf } from '@gradloom/core/internal';
import { type DataMatrix, type Dataset, rowText, type TargetHead } from './dataset.ts';

/** Returns the dataset if its parts fit. @throws Error naming the part, what it has and what it should have. */
export function* checkDataset(where: string, dataset: Dataset): Pausable<Dataset> {
  checkObject(where, 'dataset', dataset, 'an object with rows, inputs, targets and classes');
  const { rows, inputs, targets, classes, heads, labels, weights, lengths, starts } = dataset;
  option.positiveInteger.check(where, 'rows', rows);
  if (starts !== undefined) option.positiveInteger.check(where, 'starts', starts);
  checkMatrix(where, 'inputs', inputs, rows, starts);
  checkMatrix(where, 'targets', targets, rows, starts);
  if (classes !== null) yield* checkClasses(where, targets, option.positiveInteger.check(where, 'classes', classes));
  if (starts !== undefined && classes !== null) refuseUncounted(where, targets);
  if (heads !== undefined) yield* checkHeads(where, targets, classes, heads);
  if (weights !== undefined) yield* checkWeights(where, weights, rows);
  if (lengths !== undefined) yield* checkLengths(where, lengths, inputs, rows);
  if (labels !== undefined && checkList(where, 'labels', labels, 'a list of names').length !== classes) {
    const has = counted(labels.length, 'name');
    throw new Error(`${where}: labels has ${has}, expected ${classes ?? 'none'} (one per class)`);
  }
  return dataset;
}

/** @throws Error unless the heads divide the columns of the targets, and classes are indices. */
function* checkHeads(
  where: string,
  targets: DataMatrix,
  classes: number | null,
  heads: readonly TargetHead[],
): Pausable<void> {
  checkList(where, 'heads', heads, 'a list of { name, columns, classes }');
  if (classes !== null) throw new Error(`${where}: classes has ${classes}, expected null beside heads`);
  const { columns, step = columns, places, file } = targets;
  if (step !== columns || places !== undefined || file !== undefined) {
    throw new Error(`${where}: targets beside heads have a step, places or a file, expected rows in memory, in order`);
  }
  let start = 0;
  for (const head of heads) {
    const about = `${where}: target ${show(head.name)}`;
    option.positiveInteger.check(about, 'columns', head.columns);
    if (heads.some((other) => other !== head && other.name === head.name)) {
      throw new Error(`${about} is there twice, expected a name of its own for each`);
    }
    if (head.classes !== null) {
      const count = option.positiveInteger.check(about, 'classes', head.classes);
      const range: LabelRange = { first: start, columns: head.columns, step: targets.columns };
      yield* checkClasses(about, targets, count, counted(count, 'class'), range);
    }
    start += head.columns;
  }
  if (start === targets.columns) return;
  throw new Error(`${where}: heads have ${start} columns, expected ${targets.columns} (those of the targets)`);
}

function checkMatrix(where: string, name: string, matrix: DataMatrix, rows: number, starts?: number): void {
  checkObject(where, name, matrix, '{ array, columns, divisor }');
  const { array, columns, step = columns, places, shape, divisor, scale, file } = matrix;
  option.positiveInteger.check(where, `${name}.columns`, columns);
  option.positiveInteger.check(where, `${name}.step`, step);
  if (shape !== undefined) checkShape(where, `${name}.shape`, shape, columns);
  if (scale !== undefined) checkScale(where, `${name}.scale`, scale, (shape ?? [columns]).at(-1) ?? columns);
  option.notZero.check(where, `${name}.divisor`, divisor);
  if (!(ArrayBuffer.isView(array) && 'length' in array)) {
    throw new Error(`${where}: ${name}.array has ${show(array)}, expected an array of numbers (see datasetFromRows)`);
  }
  if (places !== undefined) {
    if (file !== undefined) throw new Error(`${where}: ${name}.places are given, expected none of rows in a file`);
    checkPlaces(where, name, matrix, places, rows);
    return;
  }
  if (file !== undefined) return;
  const expected = starts === undefined ? (rows - 1) * step + columns : starts + columns - 1;
  if (array.length !== expected || expected < (rows - 1) * step + columns) {
    const why = starts === undefined ? `${rows} x ${columns}` : `${starts} starts of ${columns}`;
    throw new Error(`${where}: ${name} has ${array.length} numbers, expected ${expected} (${why})`);
  }
  checkShared(where, name, array);
}

function checkShared(where: string, name: string, array: { readonly buffer: unknown }): void {
  if (array.buffer instanceof SharedArrayBuffer) return;
  throw new Error(`${where}: ${name} has memory of its own, expected a SharedArrayBuffer (see datasetFromRows)`);
}

/** @throws Error for a row that does not start within the array, or ends beyond it. */
function checkPlaces(where: string, name: string, matrix: DataMatrix, places: Int32Array, rows: number): void {
  const { array, columns, step = columns } = matrix;
  if (!(places instanceof Int32Array) || places.length !== rows) {
    throw new Error(`${where}: ${name}.places has ${show(places)}, expected an Int32Array of ${rows} (one per row)`);
  }
  checkShared(where, name, array);
  checkShared(where, `${name}.places`, places);
  const last = Math.floor((array.length - columns) / step);
  const n = places.findIndex((start) => !(start >= 0 && start <= last));
  if (n === -1) return;
  const expected = `a place from 0 to ${last} (of ${array.length} numbers)`;
  throw new Error(`${where}: ${name}.places has ${places[n]} for row ${n}, expected ${expected}`);
}

/** @throws OptionError for anything but a list of positive whole numbers whose product is `columns`. */
export function checkShape(where: string, name: string, shape: Shape, columns: number): void {
  const isShape = Array.isArray(shape) && shape.every((extent) => Number.isSafeInteger(extent) && extent > 0);
  if (isShape && sizeOf(shape) === columns) return;
  throw new OptionError(where, name, `has ${show(shape)}, expected the extents of a row of ${columns} numbers`);
}

function* checkWeights(where: string, weights: DataMatrix, rows: number): Pausable<void> {
  checkMatrix(where, 'weights', weights, rows);
  const isWeight = (weight: number) => Number.isFinite(weight) && weight >= 0;
  const { columns } = weights;
  if (columns !== 1) throw new Error(`${where}: weights has ${columns} columns, expected 1 (a weight per row)`);
  yield* checkEachRow(where, 'weight', weights, 'a finite number of at least 0', isWeight);
}

function* checkLengths(where: string, lengths: DataMatrix, inputs: DataMatrix, rows: number): Pausable<void> {
  checkMatrix(where, 'lengths', lengths, rows);
  const T = lengths.columns > 1 ? inputs.columns : sequenceOf(inputs.shape ?? [inputs.columns]);
  if (T === null) {
    throw new Error(`${where}: lengths are given, expected none (rows of ${rowText(inputs)} are no sequences)`);
  }
  const isLength = (length: number) => Number.isInteger(length) && length >= 1 && length <= T;
  yield* checkEachRow(where, 'length', lengths, `a whole number from 1 to ${T} (positions of a row)`, isLength);
}

/** Checks the weight or the lengths of each row. @throws Error for a row with a number that is not `expected`. */
function* checkEachRow(
  where: string,
  name: 'weight' | 'length',
  { array, columns, divisor }: DataMatrix,
  expected: string,
  isValid: (value: number) => boolean,
): Pausable<void> {
  for (let i = 0; i < array.length; i++) {
    if (i % ROWS_PER_TURN === 0) yield;
    const value = array[i] / divisor;
    if (isValid(value)) continue;
    const row = Math.floor(i / columns);
    throw new Error(`${where}: ${name} of row ${row} has ${show(value)}, expected ${expected}`);
  }
}

/** @throws Error for a position that does not count in a dataset whose rows start anywhere. */
function refuseUncounted(where: string, { array, columns }: DataMatrix): void {
  const i = array.findIndex((target) => target < 0);
  if (i === -1) return;
  const position = `row ${Math.floor(i / columns)}, position ${i % columns},`;
  const expected = 'a class (rows that start anywhere count all)';
  throw new Error(`${where}: label of ${position} has ${array[i]}, expected ${expected}`);
}

/** Rows, or labels, between two pauses: well below a millisecond of work. */
const ROWS_PER_TURN = 1 << 16;

/** The columns of the targets that are labels. */
interface LabelRange {
  readonly first: number;
  readonly columns: number;
  /** All columns of a row. */
  readonly step: number;
}

/**
 * `source` says where `classes` comes from. @throws Error if a target is not a whole number from 0 to classes - 1; with
 * a target for each position of a row, -1 is one that does not count.
 */
export function* checkClasses(
  where: string,
  targets: DataMatrix,
  classes: number,
  source = counted(classes, 'class'),
  range: LabelRange = { first: 0, columns: targets.columns, step: targets.columns },
): Pausable<void> {
  const { array, divisor } = targets;
  const { first, columns, step } = range;
  if (divisor !== 1) {
    throw new Error(`${where}: targets has divisor ${divisor}, expected 1 (targets are the indices of classes)`);
  }
  const min = columns === 1 ? 0 : -1;
  for (let i = 0; i < array.length; i++) {
    if (i % ROWS_PER_TURN === 0) yield;
    const column = (i % step) - first;
    if (column < 0 || column >= columns) continue;
    const label = array[i];
    if (Number.isInteger(label) && label >= min && label < classes) continue;
    const position = `row ${Math.floor(i / step)}${columns === 1 ? '' : `, position ${column},`}`;
    const expected = `a whole number from ${min} to ${classes - 1} (${source}${min < 0 ? '; -1 does not count' : ''})`;
    throw new Error(`${where}: label of ${position} has ${show(label)}, expected ${expected}`);
  }
}
