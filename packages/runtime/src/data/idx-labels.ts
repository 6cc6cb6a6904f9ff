import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { showPath } from '@gradloom/core/internal';

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
  const found = [plain, `${plain}.gz`].find((path) => existsSync(path));
  if (found === undefined)
    throw new Error(`loadIdx: ${showPath(images)} has no labels beside it, expected ${plain} or ${plain}.gz`);
  return found;
}
