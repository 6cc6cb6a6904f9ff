import type { LossSpec } from '@gradloom/core';
import { type DataMatrix, type DataSplits, type Dataset, splitDataset } from '@gradloom/runtime';
import type { DatasetSource } from '../../../files/datasets/dataset-source.ts';
import { openDataset } from '../../../files/datasets/open-dataset.ts';

/** Rows held out to choose a learning rate. */
const VALIDATION_ROWS = 2000;
const MAX_HELD_OUT_SHARE = 0.2;

export interface DeepData extends Required<DataSplits> {
  readonly loss: LossSpec;
  readonly outputs: number;
  readonly meanSquare: number; // mean square of the training inputs, over rows and columns
  readonly meanVariance: number; // variance over rows, averaged over columns
  /** Share of the most frequent class in the test rows: the accuracy of always answering it. */
  readonly chance: number | null;
}

/** Splits a dataset into training, validation and test rows; one too small to split, such as XOR, is all three. */
export async function openDeepData(source: DatasetSource): Promise<DeepData> {
  const { sets } = await openDataset(source, { validation: 0 });
  const trainSet = sets.train;
  const heldOutShare = Math.min(MAX_HELD_OUT_SHARE, VALIDATION_ROWS / trainSet.rows);
  const isTiny = heldOutShare * trainSet.rows < 1;
  const split = isTiny
    ? { train: trainSet }
    : splitDataset(trainSet, { validation: heldOutShare, ...(sets.test ? {} : { test: heldOutShare }) });
  const { train, validation = trainSet } = split;
  const test = sets.test ?? split.test ?? trainSet;
  const { classes } = train;
  return {
    train,
    validation,
    test,
    loss: classes === null ? 'mse' : 'softmax-cross-entropy',
    outputs: classes ?? train.targets.columns,
    meanSquare: meanSquareOf(train.inputs, train.rows),
    meanVariance: meanVarianceOf(train.inputs, train.rows),
    chance: classes === null ? null : largestClass(test),
  };
}

export function meanSquareOf({ array, columns, divisor }: DataMatrix, rows: number): number {
  let sum = 0;
  for (let i = 0; i < rows * columns; i++) sum += (array[i] / divisor) ** 2;
  return sum / (rows * columns);
}

export function meanVarianceOf(inputs: DataMatrix, rows: number): number {
  const { array, columns, divisor } = inputs;
  const columnMeans = new Float64Array(columns);
  for (let i = 0; i < rows * columns; i++) columnMeans[i % columns] += array[i] / divisor / rows;
  return meanSquareOf(inputs, rows) - columnMeans.reduce((sum, mean) => sum + mean ** 2, 0) / columns;
}

/** Share of the most frequent class, the accuracy of always answering it. */
export function largestClass({ targets, rows, classes }: Dataset): number {
  const counts = new Array<number>(classes ?? 1).fill(0);
  for (let n = 0; n < rows; n++) counts[targets.array[n]]++;
  return Math.max(...counts) / rows;
}

/** Whether an accuracy differs from chance only by luck: by at most three standard errors of a share of `rows`. */
export const isChance = (accuracy: number, chance: number, rows: number): boolean =>
  accuracy <= chance + 3 * Math.sqrt((chance * (1 - chance)) / rows);

/** More than half way from chance to 100 %. */
export const hasLearned = (accuracy: number, chance: number): boolean => accuracy > (1 + chance) / 2;
