import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { checkClasses } from './check-dataset.ts';
import type { DataSplits, Dataset } from './dataset.ts';
import { type IdxOptions, loadIdx } from './idx-dataset.ts';
import { findIdxLabels } from './idx-labels.ts';

/**
 * The sets of a folder laid out as MNIST's: `train-images-idx3-ubyte` beside `train-labels-idx1-ubyte` and, for the test, the
 * same with `t10k` or `test`; a dot may stand before `idx`, and `.gz` at the end.
 * @throws Error naming the file, what it has and what it should have.
 */
export async function loadIdxFolder(folder: string, options: IdxOptions = {}): Promise<DataSplits> {
  const images = findImages(folder, ['train']);
  if (images === undefined) {
    const has = existsSync(folder) ? 'no such file' : 'no folder';
    throw new Error(
      `loadIdxFolder: ${folder} has ${has}, expected train-images-idx3-ubyte or train-images-idx3-ubyte.gz`,
    );
  }
  const named = { name: basename(resolve(folder)), ...options };
  const labels = findIdxLabels(images);
  const testImages = findImages(folder, ['t10k', 'test']);
  if (testImages === undefined) return { train: await loadIdx(images, labels, named) };
  const testLabels = findIdxLabels(testImages);
  const [train, test] = await Promise.all([loadIdx(images, labels, named), loadIdx(testImages, testLabels, named)]);
  if (test.inputs.columns !== train.inputs.columns) {
    throw new Error(
      `loadIdxFolder: ${testImages} has ${test.inputs.columns} numbers a row, expected ${train.inputs.columns} (those of ${images})`,
    );
  }
  const { classes } = train;
  const kind = (set: Dataset) => (set.classes === null ? 'values' : 'class indices');
  if (kind(test) !== kind(train)) {
    throw new Error(`loadIdxFolder: ${testLabels} has ${kind(test)}, expected ${kind(train)} (those of ${labels})`);
  }
  // Rows of a class that training never sees would pass for errors of the network.
  if (classes !== null) checkClasses(`loadIdxFolder: ${testLabels}`, test.targets, classes, `the classes of ${labels}`);
  return { train, test: { ...test, classes } };
}

/** Whether a folder holds a training set under MNIST's names. */
export const isIdxFolder = (folder: string): boolean => findImages(folder, ['train']) !== undefined;

/** The first file of images, by name: an unpacked one stands before its .gz, which takes longer to read. */
function findImages(folder: string, parts: readonly string[]): string | undefined {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  const pattern = new RegExp(`^(${parts.join('|')})-images[-.]idx\\d+-[a-z]+(\\.gz)?$`);
  const name = readdirSync(folder)
    .sort()
    .find((entry) => pattern.test(entry));
  return name && join(folder, name);
}
