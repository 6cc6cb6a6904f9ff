import { checkClasses } from './check-dataset.ts';
import type { DataSplits, Dataset } from './dataset.ts';

/** A set and the files that it comes from. */
export interface NamedSet {
  readonly set: Dataset;
  readonly inputs: string; // path
  readonly targets: string; // path
}

/** A training set and a test set that go together. @throws Error naming the file of the test that does not fit. */
export function pairedSets(where: string, train: NamedSet, test: NamedSet): DataSplits {
  if (test.set.inputs.columns !== train.set.inputs.columns) {
    throw new Error(
      `${where}: ${test.inputs} has ${test.set.inputs.columns} numbers a row, expected ${train.set.inputs.columns} (those of ${train.inputs})`,
    );
  }
  const { classes } = train.set;
  const kind = ({ set }: NamedSet) =>
    set.classes !== null ? 'class indices' : set.targets.columns === 1 ? 'values' : `${set.targets.columns} values`;
  if (kind(test) !== kind(train)) {
    throw new Error(`${where}: ${test.targets} has ${kind(test)}, expected ${kind(train)} (those of ${train.targets})`);
  }
  // Rows of a class that training never sees would pass for errors of the network.
  if (classes !== null) {
    checkClasses(`${where}: ${test.targets}`, test.set.targets, classes, `the classes of ${train.targets}`);
  }
  return { train: train.set, test: { ...test.set, classes } };
}
