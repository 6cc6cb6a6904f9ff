import { type Dataset, subset } from '@gradloom/runtime';
import { type DatasetSource, formatSource } from '../../../files/datasets/dataset-source.ts';
import { openDataset } from '../../../files/datasets/open-dataset.ts';
import { UsageError } from '../../../terminal/failure.ts';
import type { Sweep } from '../sweep.ts';

export interface SmallSet {
  readonly train: Dataset;
  readonly test: Dataset;
  readonly classes: number;
  readonly chance: number; // accuracy on `test` of always answering its most frequent class
}

/** Settings that all networks share. */
export interface Setting {
  readonly set: SmallSet;
  readonly depth: number;
  readonly width: number;
  readonly steps: number;
  readonly batch: number;
  readonly seed: number;
}

export interface RemedyRun {
  readonly loss: number; // mean loss of the last epoch's batches; Infinity if the run diverged
  readonly accuracy: number; // on the test rows; NaN if the run diverged
  readonly rmsDz: readonly number[]; // RMS of ∂loss/∂z at the start, by hidden layer, from the first to the last
}

export interface RemedyResult extends Sweep<RemedyRun> {
  readonly name: string;
}

/** The first rows of a dataset with classes. @throws UsageError for a regression dataset, or one without a test set. */
export async function openSmallSet(source: DatasetSource, rows: number, testRows: number): Promise<SmallSet> {
  const { sets } = await openDataset(source, { validation: 0 });
  const { classes } = sets.train;
  if (classes === null || sets.test === undefined) {
    const lacks = classes === null ? 'classes' : 'a test set';
    throw new UsageError(`--dataset has ${formatSource(source)}, expected one with ${lacks}`);
  }
  const test = firstRows(sets.test, testRows);
  const counts = new Array<number>(classes).fill(0);
  for (const label of test.targets.array) counts[label]++;
  return { train: firstRows(sets.train, rows), test, classes, chance: Math.max(...counts) / test.rows };
}

export const firstRows = (dataset: Dataset, rows: number): Dataset =>
  subset(
    dataset,
    Uint32Array.from({ length: Math.min(rows, dataset.rows) }, (_, n) => n),
  );
