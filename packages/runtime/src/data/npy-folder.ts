import { basename, join, resolve } from 'node:path';
import { checkObject } from '@gradloom/core/internal';
import { checkPath } from '../system/files/check-path.ts';
import { namesIn } from '../system/files/file-system.ts';
import type { DataSplits } from './dataset.ts';
import { loadNamedArrays, type NamedArrays, type NamedArraysOptions } from './named-arrays.ts';
import { loadNpy } from './npy-dataset.ts';

/**
 * Loads the sets of a folder with `x.npy` and `y.npy`, or `x_train.npy` and `y_train.npy`. `x_validation.npy` and
 * `y_validation.npy` (also `x_val`, `x_valid`) are the validation set, `x_test.npy` and `y_test.npy` the test set. A
 * single array has the target in its last column. `lengths.npy`, `lengths_train.npy` and so on are the real positions
 * of rows that are padded on the right. Capital letters, hyphens and `.gz` are accepted.
 * @throws Error naming the file, what it has and what it should have.
 */
export async function loadNpyFolder(folder: string, options: NamedArraysOptions = {}): Promise<DataSplits> {
  checkObject('loadNpyFolder', 'options', options, 'an object');
  const namedOptions = { name: basename(resolve(checkPath('loadNpyFolder', folder))), ...options };
  return loadNamedArrays('loadNpyFolder', arraysIn(folder), namedOptions);
}

export const isNpyFolder = (folder: string): boolean => filesIn(folder).length > 0;

function arraysIn(path: string): NamedArrays {
  // Reversed, so that an unpacked file replaces its .gz.
  const paths = filesIn(path).map((file): [string, string] => [file.replace(ENDING, ''), join(path, file)]);
  const files = new Map(paths.toReversed());
  const pathOf = (name: string): string => files.get(name) ?? join(path, `${name}.npy`);
  return {
    path,
    names: [...files.keys()].toSorted(),
    describe: pathOf,
    describeMissing: (name) => `the file ${pathOf(name)}`,
    describeNone: (x, y) => `has ${files.size} .npy files and none named ${x}.npy, expected ${x}.npy and ${y}.npy`,
    load: ({ inputs, targets, lengths }, options) => {
      const withLengths = lengths === null ? options : { ...options, lengths: pathOf(lengths) };
      return loadNpy(pathOf(inputs), targets && pathOf(targets), withLengths);
    },
  };
}

const ENDING = /\.npy(\.gz)?$/i;

function filesIn(folder: string): string[] {
  return namesIn('loadNpyFolder', folder)
    .filter((name) => ENDING.test(name))
    .sort();
}
