import { complete, shapeText, showPath } from '@gradloom/core/internal';
import { faultOf } from '../system/files/file-fault.ts';
import { checkClasses } from './check-dataset.ts';
import { type Dataset, rowText } from './dataset.ts';

export interface NamedSet {
  readonly set: Dataset;
  readonly inputs: string; // path
  readonly targets: string; // path
}

/**
 * Returns the set, its rows in the shape of the training rows, if it fits them.
 * @throws Error naming the file that does not fit.
 */
export function pairedSet(where: string, train: NamedSet, other: NamedSet): Dataset {
  const [inputs, trainInputs] = [other.set.inputs, train.set.inputs];
  if (inputs.columns !== trainInputs.columns) {
    const has = inputs.shape === undefined ? `${inputs.columns} numbers a row` : `rows of ${shapeText(inputs.shape)}`;
    throw faultOf(where, other.inputs)(has, `${rowText(trainInputs)} (those of ${showPath(train.inputs)})`);
  }
  const { classes } = train.set;
  const [has, expected] = [describeTargets(other.set), describeTargets(train.set)];
  if (has !== expected) throw faultOf(where, other.targets)(has, `${expected} (those of ${showPath(train.targets)})`);
  // Rows of a class without training rows would look like errors of the network.
  if (classes !== null) {
    const source = `the classes of ${showPath(train.targets)}`;
    complete(checkClasses(`${where}: ${showPath(other.targets)}`, other.set.targets, classes, source));
  }
  const { shape } = trainInputs;
  return { ...other.set, inputs: { ...inputs, ...(shape === undefined ? {} : { shape }) }, classes };
}

function describeTargets({ classes, targets: { columns } }: Dataset): string {
  if (classes === null) return columns === 1 ? 'values' : `${columns} values`;
  return columns === 1 ? 'class indices' : `class indices of ${columns} positions`;
}
