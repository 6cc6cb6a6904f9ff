import { type Dataset, subset } from '@gradloom/runtime';
import { openDataset } from '../../../datasets/open-dataset.ts';
import { type DatasetSource, formatSource } from '../../../options/dataset-source.ts';
import { UsageError } from '../../../usage-error.ts';

export interface SmallSet {
  readonly train: Dataset;
  readonly test: Dataset;
  readonly classes: number;
  readonly chance: number; // accuracy on `test` of always answering its most frequent class
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

const firstRows = (dataset: Dataset, rows: number): Dataset =>
  subset(
    dataset,
    Uint32Array.from({ length: Math.min(rows, dataset.rows) }, (_, n) => n),
  );
