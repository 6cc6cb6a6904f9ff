import { complete, showPath } from '@gradloom/core/internal';
import { checkClasses } from './check-dataset.ts';
import type { Dataset } from './dataset.ts';

/** A set and its files. */
export interface NamedSet {
  readonly set: Dataset;
  readonly inputs: string; // path
  readonly targets: string; // path
}

/** Returns the set if it fits the training set. @throws Error naming the file that does not fit. */
export function pairedSet(where: string, train: NamedSet, other: NamedSet): Dataset {
  if (other.set.inputs.columns !== train.set.inputs.columns) {
    throw new Error(
      `${where}: ${showPath(other.inputs)} has ${other.set.inputs.columns} numbers a row, expected ${train.set.inputs.columns} (those of ${showPath(train.inputs)})`,
    );
  }
  const { classes } = train.set;
  const kind = ({ set }: NamedSet) =>
    set.classes !== null ? 'class indices' : set.targets.columns === 1 ? 'values' : `${set.targets.columns} values`;
  if (kind(other) !== kind(train)) {
    throw new Error(
      `${where}: ${showPath(other.targets)} has ${kind(other)}, expected ${kind(train)} (those of ${showPath(train.targets)})`,
    );
  }
  // Rows of a class without training rows would look like errors of the network.
  if (classes !== null) {
    const of = `the classes of ${showPath(train.targets)}`;
    complete(checkClasses(`${where}: ${showPath(other.targets)}`, other.set.targets, classes, of));
  }
  return { ...other.set, classes };
}
