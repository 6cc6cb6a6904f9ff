import { readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { record } from '@gradloom/core/internal';
import { checkPath } from '../files/check-path.ts';
import type { DataSplits } from './dataset.ts';
import { loadNpy, type NpyOptions } from './npy-dataset.ts';
import { pairedSets } from './paired-sets.ts';

/**
 * The sets of a folder with `x.npy` and `y.npy`, or `x_train.npy` and `y_train.npy`, and for the test `x_test.npy` and
 * `y_test.npy`; or with a single array, whose last column is the target. Capital letters, hyphens and `.gz` are fine.
 * @throws Error naming the file, what it has and what it should have.
 */
export async function loadNpyFolder(folder: string, options: NpyOptions = {}): Promise<DataSplits> {
  record('loadNpyFolder', 'options', options, 'an object');
  const named = { name: basename(resolve(checkPath('loadNpyFolder', folder))), ...options };
  const inputs = find(folder, /^x([-_]train)?\.npy/i);
  if (inputs === undefined) {
    const arrays = list(folder, /\.npy/i);
    if (arrays.length === 1) return { train: await loadNpy(arrays[0], null, named) };
    throw new Error(`loadNpyFolder: ${folder} has ${arrays.length} arrays and no x.npy, expected x.npy and y.npy`);
  }
  const targets = partner(folder, /^y([-_]train)?\.npy/i, inputs, 'y.npy');
  const testInputs = find(folder, /^x[-_]test\.npy/i);
  const train = await loadNpy(inputs, targets, named);
  if (testInputs === undefined) return { train };
  const testTargets = partner(folder, /^y[-_]test\.npy/i, testInputs, 'y_test.npy');
  const set = await loadNpy(
    testInputs,
    testTargets,
    train.classes === null ? named : { classes: train.classes, ...named },
  );
  return pairedSets(
    'loadNpyFolder',
    { set: train, inputs, targets },
    { set, inputs: testInputs, targets: testTargets },
  );
}

/** Whether a folder holds arrays. */
export const isNpyFolder = (folder: string): boolean => find(folder, /\.npy/i) !== undefined;

function partner(folder: string, pattern: RegExp, of: string, name: string): string {
  const path = find(folder, pattern);
  if (path === undefined)
    throw new Error(`loadNpyFolder: ${of} has no targets beside it, expected ${join(folder, name)}`);
  return path;
}

const find = (folder: string, pattern: RegExp): string | undefined => list(folder, pattern)[0];

/** Files by name: a plain one stands before its .gz. */
function list(folder: string, start: RegExp): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  const pattern = new RegExp(`${start.source}(\\.gz)?$`, 'i');
  return readdirSync(folder)
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => join(folder, name));
}
