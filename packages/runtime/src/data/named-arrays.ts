import { OptionError } from '@gradloom/core';
import { checkKeys, show, showPath } from '@gradloom/core/internal';
import type { DataSplits, Dataset } from './dataset.ts';
import { NPY_OPTIONS, type NpyOptions } from './npy-dataset.ts';
import { type NamedSet, pairedSet } from './paired-set.ts';

/** Options of several named arrays: a folder or an archive. */
export interface NamedArraysOptions extends NpyOptions {
  /** Name of the array of inputs, the `x` in `x_test`. @default 'x' */
  x?: string;
  /** Name of the array of targets. @default 'y' */
  y?: string;
}

/** Named arrays: files of a folder or members of an archive. */
export interface NamedArrays {
  readonly path: string;
  readonly names: readonly string[]; // such as 'x_train'
  /** Describes an array in a message: 'numbers/x.npy', 'numbers.npz: x'. */
  describe(name: string): string;
  /** Describes a missing array: 'the file numbers/y.npy', 'an array y'. */
  describeMissing(name: string): string;
  /** Message if neither is found: 'has 2 arrays (a, b) and none named x, expected x and y'. */
  describeNone(x: string, y: string): string;
  load(names: SetNames, options: Omit<NpyOptions, 'lengths'>): Promise<Dataset>;
}

interface SetNames {
  readonly inputs: string;
  readonly targets: string | null; // null: the last column of `inputs`
  readonly lengths: string | null; // null: all positions are real
}

/**
 * Loads the sets of named arrays: `x` and `y`, or `x_train` and `y_train`, for training; `x_validation` (also `x_val`,
 * `x_valid`) and `x_test`, each with its `y`, and with its `lengths` if there are some. A single array has the target
 * in its last column. Capital letters and hyphens are accepted.
 * @throws Error naming the array, what it has and what it should have.
 */
export async function loadNamedArrays(
  where: string,
  arrays: NamedArrays,
  options: NamedArraysOptions,
): Promise<DataSplits> {
  checkKeys(where, options, [...NPY_OPTIONS, 'x', 'y']);
  const { x = 'x', y = 'y', lengths = 'lengths', ...loadOptions } = options;
  for (const [name, value] of Object.entries({ x, y, lengths })) {
    if (typeof value === 'string' && value !== '') continue;
    throw new OptionError(where, name, `has ${show(value)}, expected the name of an array`);
  }
  const inputs = find(arrays, x, TRAIN);
  if (inputs === undefined) {
    if (arrays.names.length === 1 && options.x === undefined && options.y === undefined) {
      return { train: await arrays.load({ inputs: arrays.names[0], targets: null, lengths: null }, loadOptions) };
    }
    throw new Error(`${where}: ${showPath(arrays.path)} ${arrays.describeNone(x, y)}`);
  }
  const trainNames = namesBeside(inputs, TRAIN);
  if (trainNames.lengths === null && options.lengths !== undefined) throw missing(inputs, 'lengths', lengths);
  const train = await loadSet(trainNames, loadOptions);
  const validation = await loadHeldOut('[-_]val(?:id(?:ation)?)?');
  const test = await loadHeldOut('[-_]test');
  return { train: train.set, ...(validation && { validation }), ...(test && { test }) };

  /** The arrays of the set whose names end with `suffix`, a regular expression. */
  function namesBeside(inputs: string, suffix: string) {
    const targets = find(arrays, y, suffix);
    if (targets === undefined) throw missing(inputs, 'targets', y);
    return { inputs, targets, lengths: find(arrays, lengths, suffix) ?? null };
  }

  function missing(inputs: string, what: 'targets' | 'lengths', name: string): Error {
    const expected = arrays.describeMissing(`${name}${inputs.slice(x.length)}`);
    return new Error(`${where}: ${arrays.describe(inputs)} has no ${what} beside it, expected ${expected}`);
  }

  async function loadSet(names: ReturnType<typeof namesBeside>, options: NpyOptions): Promise<NamedSet> {
    const { inputs, targets } = names;
    const set = await arrays.load(names, options);
    return { set, inputs: arrays.describe(inputs), targets: arrays.describe(targets) };
  }

  /** The validation or test set; undefined if there is none. */
  async function loadHeldOut(suffix: string): Promise<Dataset | undefined> {
    const inputs = find(arrays, x, suffix);
    if (inputs === undefined) return undefined;
    const { classes } = train.set;
    const names = namesBeside(inputs, suffix);
    return pairedSet(where, train, await loadSet(names, classes === null ? loadOptions : { classes, ...loadOptions }));
  }
}

/** The end of the names of training arrays. */
const TRAIN = '([-_]train)?';

/** The array whose name is `name` with `suffix`, a regular expression. */
const find = ({ names }: NamedArrays, name: string, suffix: string): string | undefined => {
  const pattern = new RegExp(`^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}${suffix}$`, 'i');
  return names.find((candidate) => pattern.test(candidate));
};
