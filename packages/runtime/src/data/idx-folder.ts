import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { record, showPath } from '@gradloom/core/internal';
import { checkPath } from '../system/files/check-path.ts';
import { namesIn } from '../system/files/file-system.ts';
import type { ArrayOptions } from './array-dataset.ts';
import type { DataSplits } from './dataset.ts';
import { loadIdx } from './idx.ts';
import { pairedSet } from './paired-set.ts';

/**
 * Loads the sets of a folder with MNIST's file names: `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, and for
 * the test set the same with `t10k` or `test`. A dot may replace the hyphen before `idx`, and names may end in `.gz`.
 * @throws Error naming the file, what it has and what it should have.
 */
export async function loadIdxFolder(folder: string, options: ArrayOptions = {}): Promise<DataSplits> {
  record('loadIdxFolder', 'options', options, 'an object');
  const images = findImages(checkPath('loadIdxFolder', folder), ['train']);
  if (images === undefined) {
    const problem = existsSync(folder) ? 'has no training images' : 'does not exist';
    const expected = 'a folder with train-images-idx3-ubyte or train-images-idx3-ubyte.gz';
    throw new Error(`loadIdxFolder: ${showPath(folder)} ${problem}, expected ${expected}`);
  }
  const named = { name: basename(resolve(folder)), ...options };
  const labels = findIdxLabels(images);
  const testImages = findImages(folder, ['t10k', 'test']);
  if (testImages === undefined) return { train: await loadIdx(images, labels, named) };
  const testLabels = findIdxLabels(testImages);
  const [train, set] = await Promise.all([loadIdx(images, labels, named), loadIdx(testImages, testLabels, named)]);
  const trainSet = { set: train, inputs: images, targets: labels };
  return { train, test: pairedSet('loadIdxFolder', trainSet, { set, inputs: testImages, targets: testLabels }) };
}

/** Whether a folder has a training set under MNIST's names. */
export const isIdxFolder = (folder: string): boolean => findImages(folder, ['train']) !== undefined;

/** The first image file by name. An unpacked file is preferred to its .gz, which takes longer to read. */
function findImages(folder: string, parts: readonly string[]): string | undefined {
  const pattern = new RegExp(`^(${parts.join('|')})-images[-.]idx\\d+-[a-z]+(\\.gz)?$`);
  const name = namesIn('loadIdxFolder', folder)
    .sort()
    .find((entry) => pattern.test(entry));
  return name && join(folder, name);
}

/**
 * The label file of an image file, by MNIST's names: `t10k-labels-idx1-ubyte` for `t10k-images-idx3-ubyte`, either with
 * or without `.gz`. @throws Error naming the missing file.
 */
export function findIdxLabels(images: string): string {
  const name = basename(images).replace(/\.gz$/, '');
  const labels = name.replace('images', 'labels').replace(/([-.])idx\d+/, '$1idx1');
  if (labels === name) {
    throw new Error(
      `loadIdx: ${showPath(images)} has a name without 'images', expected one such as train-images-idx3-ubyte`,
    );
  }
  const plain = join(dirname(images), labels);
  const path = [plain, `${plain}.gz`].find((path) => existsSync(path));
  if (path === undefined)
    throw new Error(`loadIdx: ${showPath(images)} has no labels beside it, expected ${plain} or ${plain}.gz`);
  return path;
}
