import { onlyKeys } from '@gradloom/core/internal';
import { ARRAY_OPTIONS, type ArrayOptions, datasetOfArrays, isFloating } from './array-dataset.ts';
import type { Dataset } from './dataset.ts';
import { readIdx } from './idx.ts';

/**
 * A dataset of two IDX files: inputs [N, ...shape of a row], grey images if they have three dimensions [N, height,
 * width], and targets, which are labels (whole numbers in one dimension) or floating-point values.
 * @throws Error naming the file, what it has and what it should have.
 */
export async function loadIdx(
  images: string, // path of the inputs
  labels: string, // path of the labels
  options: ArrayOptions = {},
): Promise<Dataset> {
  onlyKeys('loadIdx', options, ARRAY_OPTIONS);
  const { shape, ...numbers } = await readIdx(images, { stream: options.stream ?? false });
  // Three dimensions are grey images [N, height, width].
  const inputs = { path: images, ...numbers, shape: shape.length === 3 ? [...shape, 1] : shape };
  const targets = { path: labels, ...(await readIdx(labels)) };
  return datasetOfArrays('loadIdx', inputs, targets, null, isFloating(targets.array), options);
}
