import { complete, counted, show, showPath, sizeOf } from '@gradloom/core/internal';
import { faultOf } from '../system/files/file-fault.ts';
import { checkClasses, checkDataset } from './check-dataset.ts';
import { type DataMatrix, type Dataset, valueMatrix } from './dataset.ts';
import { imagePreprocessing } from './images/image-dataset.ts';
import type { NumberFile } from './number-file.ts';
import type { DataArray } from './number-types.ts';

/** Options of every loader of arrays. */
export interface ArrayOptions {
  /** Name of the dataset in messages. @default the path of the inputs */
  name?: string;
  /** Number of classes. @default one more than the highest label */
  classes?: number;
  /** Names of the classes, in the order of their indices. */
  classNames?: readonly string[];
  /** Divisor of the inputs: 255 scales bytes to 0 to 1. @default 255 for unsigned bytes, else 1 */
  divisor?: number;
  /**
   * Leaves the inputs in their file, and threads read the rows that they need: for files larger than memory. Targets
   * are read into memory. Results are bit-identical to those from memory. The file must be uncompressed and must not
   * change.
   * @default false
   */
  stream?: boolean;
}

export const ARRAY_OPTIONS: (keyof ArrayOptions)[] = ['name', 'classes', 'classNames', 'divisor', 'stream'];

export interface NamedArray extends NumberFile {
  readonly path: string;
}

/**
 * A dataset of two arrays: inputs [N, ...shape of a row], and targets, which are values or labels: whole numbers [N],
 * or [N, T] for the positions of each row. `lengths`, [N] or [N, parts], are the real positions
 * of padded rows.
 * @throws Error naming the file, what it has and what it should have.
 */
export function datasetOfArrays(
  where: string,
  inputs: NamedArray,
  targets: NamedArray,
  lengths: NamedArray | null, // null: all positions are real
  hasValues: boolean, // targets are values, not classes
  options: ArrayOptions,
): Dataset {
  const rows = inputs.shape[0];
  const expected = `${rows} (the rows of ${showPath(inputs.path)})`;
  if (targets.shape[0] !== rows) throw faultOf(where, targets.path)(counted(targets.shape[0], 'label'), expected);
  if (lengths !== null && (lengths.shape[0] !== rows || lengths.shape.length > 2)) {
    const { shape, array } = lengths;
    const has = shape.length > 1 ? `the shape (${shape.join(', ')})` : counted(array.length, 'number');
    throw faultOf(where, lengths.path)(has, expected);
  }
  checkFinite(where, inputs);
  checkFinite(where, targets);
  const { classNames, name = inputs.path, divisor = inputs.array instanceof Uint8Array ? 255 : 1 } = options;
  const matrix = { ...matrixOf(inputs), divisor };
  const preprocessing = imagePreprocessing(matrix, hasValues ? undefined : classNames);
  return complete(
    checkDataset(`${where}: ${showPath(inputs.path)}`, {
      name,
      rows,
      inputs: matrix,
      targets: matrixOf(targets),
      classes: hasValues ? null : countClasses(where, targets, options.classes ?? classNames?.length),
      ...(classNames === undefined ? {} : { labels: classNames }),
      ...(preprocessing === undefined ? {} : { preprocessing }),
      ...(lengths === null ? {} : { lengths: valueMatrix(lengths.array, lengths.shape[1] ?? 1) }),
    }),
  );
}

/** Whether targets of this type are values rather than classes, by default. */
export const isFloating = (array: DataArray): boolean => array instanceof Float32Array || array instanceof Float64Array;

function matrixOf({ array, shape: [, ...row], file }: NumberFile): DataMatrix {
  return {
    ...valueMatrix(array, sizeOf(row)),
    ...(row.length < 2 ? {} : { shape: row }),
    ...(file === undefined ? {} : { file }),
  };
}

/** Refuses NaN and Infinity, which would make the loss NaN. */
function checkFinite(where: string, { path, array, shape }: NamedArray): void {
  if (!isFloating(array)) return;
  for (let i = 0; i < array.length; i++) {
    if (Number.isFinite(array[i])) continue;
    const columns = array.length / shape[0];
    const position = `row ${Math.floor(i / columns)}${columns === 1 ? '' : `, column ${i % columns}`}`;
    throw faultOf(where, path)(`${array[i]} in ${position}`, 'finite numbers');
  }
}

function countClasses(where: string, labels: NamedArray, classes: number | undefined): number {
  const { path, shape } = labels;
  if (shape.length > 2) {
    const expected = '1 (a label per row) or 2 (a label per position)';
    throw faultOf(where, path)(counted(shape.length, 'dimension'), expected);
  }
  const count = classes ?? highestLabel(where, labels) + 1;
  complete(checkClasses(`${where}: ${showPath(path)}`, matrixOf(labels), count));
  return count;
}

/** The highest label. @throws Error for a label that is too low or too high to be a class. */
function highestLabel(where: string, { path, shape, array }: NamedArray): number {
  const [rows, columns = 1] = shape;
  const min = columns === 1 ? 0 : -1;
  let max = 0;
  for (let n = 0; n < rows * columns; n++) {
    const label = array[n];
    if (label < min || label >= MAX_CLASSES || !Number.isInteger(label)) {
      const uncountedText = min === 0 ? '' : ', and -1 is a position that does not count';
      let expected = label >= MAX_CLASSES ? `at most ${MAX_CLASSES - 1}` : 'a whole number';
      if (label < min) expected = `at least ${min} (classes count from 0${uncountedText})`;
      const has = `label of row ${Math.floor(n / columns)} has ${show(label)}`;
      throw new Error(`${where}: ${showPath(path)}: ${has}, expected ${expected}`);
    }
    if (label > max) max = label;
  }
  return max;
}

/** Far more than any dataset has (ImageNet-21k: 21,841): a wrong label could ask for more than fits into memory. */
const MAX_CLASSES = 1_000_000;
