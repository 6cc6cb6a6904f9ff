import { OptionError } from '@gradloom/core';
import { onlyKeys, show, showPath } from '@gradloom/core/internal';
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

/** The arrays of a set. */
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
  onlyKeys(where, options, [...NPY_OPTIONS, 'x', 'y']);
  const { x = 'x', y = 'y', lengths = 'lengths', ...rest } = options;
  for (const [name, value] of Object.entries({ x, y, lengths })) {
    if (typeof value === 'string' && value !== '') continue;
    throw new OptionError(where, name, `has ${show(value)}, expected the name of an array`);
  }
  const inputs = find(arrays, x, '([-_]train)?');
  if (inputs === undefined) {
    if (arrays.names.length === 1 && options.x === undefined && options.y === undefined) {
      return { train: await arrays.load({ inputs: arrays.names[0], targets: null, lengths: null }, rest) };
    }
    throw new Error(`${where}: ${showPath(arrays.path)} ${arrays.describeNone(x, y)}`);
  }
  const targets = partner('([-_]train)?', inputs);
  const trainLengths = lengthsOf('([-_]train)?');
  if (trainLengths === null && options.lengths !== undefined) {
    const expected = arrays.describeMissing(`${lengths}${inputs.slice(x.length)}`);
    throw new Error(`${where}: ${arrays.describe(inputs)} has no lengths beside it, expected ${expected}`);
  }
  const shapes = { inputs: arrays.describe(inputs), targets: arrays.describe(targets) };
  const train = { set: await arrays.load({ inputs, targets, lengths: trainLengths }, rest), ...shapes };
  const validation = await otherSet('val(?:id(?:ation)?)?', train);
  const test = await otherSet('test', train);
  return { train: train.set, ...(validation && { validation }), ...(test && { test }) };

  /** The validation or test set whose names contain this word; undefined if there is none. */
  async function otherSet(word: string, train: NamedSet): Promise<Dataset | undefined> {
    const inputs = find(arrays, x, `[-_]${word}`);
    if (inputs === undefined) return undefined;
    const targets = partner(`[-_]${word}`, inputs);
    const { classes } = train.set;
    const names = { inputs, targets, lengths: lengthsOf(`[-_]${word}`) };
    const set = await arrays.load(names, classes === null ? rest : { classes, ...rest });
    return pairedSet(where, train, { set, inputs: arrays.describe(inputs), targets: arrays.describe(targets) });
  }

  function lengthsOf(rest: string): string | null {
    return find(arrays, lengths, rest) ?? null;
  }

  function partner(rest: string, of: string): string {
    const targets = find(arrays, y, rest);
    if (targets !== undefined) return targets;
    const expected = arrays.describeMissing(`${y}${of.slice(x.length)}`);
    throw new Error(`${where}: ${arrays.describe(of)} has no targets beside it, expected ${expected}`);
  }
}

const find = ({ names }: NamedArrays, name: string, rest: string): string | undefined => {
  const pattern = new RegExp(`^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}${rest}$`, 'i');
  return names.find((candidate) => pattern.test(candidate));
};
