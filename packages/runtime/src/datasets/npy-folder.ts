import { readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { record } from '@gradloom/core/internal';
import { checkPath } from '../files/check-path.ts';
import type { DataSplits, Dataset } from './dataset.ts';
import { loadNpy, type NpyOptions } from './npy-dataset.ts';
import { type NamedSet, pairedSet } from './paired-set.ts';

/**
 * The sets of a folder with `x.npy` and `y.npy`, or `x_train.npy` and `y_train.npy`. `x_validation.npy` and
 * `y_validation.npy` beside them (also `x_val`, `x_valid`) are the validation set, `x_test.npy` and `y_test.npy` the
 * test set. A folder with one array alone has the target in its last column. Capital letters, hyphens and `.gz` are
 * fine.
 * @throws Error naming the file, what it has and what it should have.
 */
export async function loadNpyFolder(folder: string, options: NpyOptions = {}): Promise<DataSplits> {
  record('loadNpyFolder', 'options', options, 'an object');
  const named = { name: basename(resolve(checkPath('loadNpyFolder', folder))), ...options };
  const inputs = find(folder, /^x([-_]train)?\.npy/i);
  if (inputs === undefined) {
    const arrays = list(folder, /\.npy/i);
    if (arrays.length === 1) return { train: await loadNpy(arrays[0], null, named) };
    throw new Error(
      `loadNpyFolder: ${folder} has ${arrays.length} .npy files and none named x.npy, expected x.npy and y.npy`,
    );
  }
  const targets = partner(folder, /^y([-_]train)?\.npy/i, inputs, 'y.npy');
  const train = { set: await loadNpy(inputs, targets, named), inputs, targets };
  const validation = await otherSet(folder, 'val(?:id(?:ation)?)?', train, named);
  const test = await otherSet(folder, 'test', train, named);
  return { train: train.set, ...(validation && { validation }), ...(test && { test }) };
}

/** The set beside the training set whose files have this word in their names; undefined where there is none. */
async function otherSet(
  folder: string,
  word: string,
  train: NamedSet,
  named: NpyOptions,
): Promise<Dataset | undefined> {
  const inputs = find(folder, new RegExp(`^x[-_]${word}\\.npy`, 'i'));
  if (inputs === undefined) return undefined;
  const name = basename(inputs).replace(/^x/i, 'y').replace(/\.gz$/i, '');
  const targets = partner(folder, new RegExp(`^y[-_]${word}\\.npy`, 'i'), inputs, name);
  const { classes } = train.set;
  const set = await loadNpy(inputs, targets, classes === null ? named : { classes, ...named });
  return pairedSet('loadNpyFolder', train, { set, inputs, targets });
}

/** Whether a folder holds arrays. */
export const isNpyFolder = (folder: string): boolean => find(folder, /\.npy/i) !== undefined;

function partner(folder: string, pattern: RegExp, of: string, name: string): string {
  const path = find(folder, pattern);
  if (path === undefined)
    throw new Error(`loadNpyFolder: ${of} has no targets beside it, expected the file ${join(folder, name)}`);
  return path;
}

const find = (folder: string, pattern: RegExp): string | undefined => list(folder, pattern)[0];

/** Files by name; an unpacked one comes before its .gz. */
function list(folder: string, start: RegExp): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  const pattern = new RegExp(`${start.source}(\\.gz)?$`, 'i');
  return readdirSync(folder)
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => join(folder, name));
}
