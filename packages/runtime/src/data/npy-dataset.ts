import { checkKeys, option } from '@gradloom/core/internal';
import { faultOf } from '../system/files/file-fault.ts';
import { ARRAY_OPTIONS, type ArrayOptions, datasetOfArrays, type NamedArray } from './array-dataset.ts';
import type { Dataset } from './dataset.ts';
import { readNpy } from './npy.ts';
import { sharedArrayLike } from './number-types.ts';

/** Options of loaders of NumPy files. */
export interface NpyOptions extends ArrayOptions {
  /** 'classes' or 'values'. @default 'values' for floating-point targets, else 'classes' */
  targets?: TargetKind;
  /**
   * Path of the real positions of each row [N], for sequences that are padded on the right; in a folder or an archive
   * the name of that array, where 'lengths' needs not to be named.
   * @default all positions are real
   */
  lengths?: string;
}

export const NPY_OPTIONS: (keyof NpyOptions)[] = [...ARRAY_OPTIONS, 'targets', 'lengths'];

export const targetKinds = { classes: true, values: true };
/** Kind of targets: class indices or values. */
export type TargetKind = keyof typeof targetKinds;

/**
 * A dataset of two arrays, inputs [N, ...shape of a row] and targets, or of one whose last column is the target. Whole
 * numbers as targets are classes, floating-point numbers are values. @throws Error naming the file, what it has and
 * what it should have.
 */
export async function loadNpy(
  inputs: string, // path
  targets: string | null, // path
  options: NpyOptions = {},
): Promise<Dataset> {
  checkKeys('loadNpy', options, NPY_OPTIONS);
  if (options.targets !== undefined) option.oneOf(targetKinds).check('loadNpy', 'targets', options.targets);
  const { stream = false, lengths } = options;
  if (stream && targets === null) {
    throw new Error(`loadNpy: ${inputs} has its targets in the last column, expected a file of their own to stream`);
  }
  const inputArray: NamedArray = { path: inputs, ...(await readNpy(inputs, { stream })) };
  const read = async (path: string | null | undefined): Promise<NamedArray | null> =>
    path === null || path === undefined ? null : { path, ...(await readNpy(path)) };
  return datasetOfNpy(
    'loadNpy',
    { inputs: inputArray, targets: await read(targets), lengths: await read(lengths) },
    options,
  );
}

export interface NpyArrays {
  readonly inputs: NamedArray;
  readonly targets: NamedArray | null; // null: the last column of `inputs`
  readonly lengths: NamedArray | null; // null: all positions are real
}

/** Same as `loadNpy`, for arrays in memory. */
export function datasetOfNpy(
  where: string,
  { inputs, targets, lengths }: NpyArrays,
  { targets: kind, lengths: _, ...arrayOptions }: NpyOptions,
): Dataset {
  const [x, t] = targets === null ? splitLastColumn(where, inputs) : [inputs, targets];
  const isWhole = !/f\d$/.test(t.type);
  const hasValues = kind === undefined ? !isWhole : kind === 'values';
  // Labels of shape [N, 1] are accepted as [N].
  const flatTargets = t.array.length === t.shape[0] ? { ...t, shape: [t.shape[0]] } : t;
  return datasetOfArrays(where, x, flatTargets, lengths, hasValues, arrayOptions);
}

/** Splits an array into all columns but the last, and the last. */
function splitLastColumn(
  where: string,
  { path, type, shape, array }: NamedArray,
): [inputs: NamedArray, targets: NamedArray] {
  const [rows, columns] = shape;
  if (shape.length !== 2 || columns < 2)
    throw faultOf(where, path)(`the shape (${shape.join(', ')})`, 'rows of 2 columns or more');
  const inputs = sharedArrayLike(array, rows * (columns - 1));
  const targets = sharedArrayLike(array, rows);
  for (let n = 0; n < rows; n++) {
    const start = n * columns;
    inputs.set(array.subarray(start, start + columns - 1), n * (columns - 1));
    targets[n] = array[start + columns - 1];
  }
  return [
    { path, type, shape: [rows, columns - 1], array: inputs },
    { path, type, shape: [rows], array: targets },
  ];
}
