import { checkClasses, checkDataset } from './check-dataset.ts';
import { type DataMatrix, type Dataset, valueMatrix } from './dataset.ts';
import { type IdxFile, readIdx } from './idx.ts';

export interface IdxOptions {
  name?: string; // default: the file of the images
  classes?: number; // default: one more than the highest label
  classNames?: readonly string[]; // [classes]
  divisor?: number; // of the inputs, default 255 for unsigned bytes, else 1
}

/**
 * A dataset of two IDX files: inputs of any shape, row by row, and their labels, whole numbers in one dimension, or
 * targets of floating point. @throws Error naming the file, what it has and what it should have.
 */
export async function loadIdx(
  images: string, // path of the inputs
  labels: string, // path of the labels
  options: IdxOptions = {},
): Promise<Dataset> {
  const inputs = await readIdx(images);
  const targets = await readIdx(labels);
  const rows = inputs.shape[0];
  if (targets.shape[0] !== rows) {
    throw new Error(`loadIdx: ${labels} has ${targets.shape[0]} labels, expected ${rows} (the rows of ${images})`);
  }
  const { classNames, name = images, divisor = inputs.type === 'unsigned byte' ? 255 : 1 } = options;
  const isValues = targets.array instanceof Float32Array || targets.array instanceof Float64Array;
  return checkDataset(`loadIdx: ${images}`, {
    name,
    rows,
    inputs: { ...matrixOf(inputs), divisor },
    targets: matrixOf(targets),
    classes: isValues ? null : countClasses(labels, targets, options.classes ?? classNames?.length),
    ...(classNames === undefined ? {} : { labels: classNames }),
  });
}

const matrixOf = ({ array, shape }: IdxFile): DataMatrix => valueMatrix(array, array.length / shape[0]);

function countClasses(path: string, labels: IdxFile, classes: number | undefined): number {
  if (labels.shape.length !== 1) {
    throw new Error(`loadIdx: ${path} has ${labels.shape.length} dimensions, expected 1 (a label a row)`);
  }
  const wanted = classes ?? highest(path, labels) + 1;
  checkClasses(`loadIdx: ${path}`, matrixOf(labels), wanted);
  return wanted;
}

/** The highest label. @throws Error for one below 0, or so high that it is no class but something else. */
function highest(path: string, { array }: IdxFile): number {
  let most = 0;
  for (let n = 0; n < array.length; n++) {
    const label = array[n];
    if (label < 0 || label >= MOST_CLASSES) {
      const wanted = label < 0 ? 'at least 0 (classes count from 0)' : `at most ${MOST_CLASSES - 1}`;
      throw new Error(`loadIdx: ${path}: label of row ${n} has ${label}, expected ${wanted}`);
    }
    if (label > most) most = label;
  }
  return most;
}

/** Far more than any set has: ImageNet-21k has 21,841. An output layer of as many numbers as a stray label says would not fit anywhere. */
const MOST_CLASSES = 1_000_000;
