import { OptionError, type Pausable } from '@gradloom/core';
import { counted, listed, show, showName, suggest } from '@gradloom/core/internal';
import { type DataMatrix, type Dataset, valueMatrix } from '../../data/dataset.ts';
import { sharedArrays } from '../../data/number-types.ts';
import { hasTargetsByPosition } from '../../data/targets.ts';
import type { ClassWeight } from './class-weight.ts';

/** Weighting of rows in the training loss. */
export interface RowWeighing {
  readonly ofClass: Float64Array | null; // weights of the classes; null if all are 1
  readonly mean: number; // mean weight of the training rows, by which each weight is divided
}

/** Rows between two pauses: below a millisecond. */
const ROWS_PER_TURN = 1 << 16;

/** Weights of a dataset's rows; null if each counts 1. @throws OptionError if they misfit its classes or are all 0. */
export function* planWeighing(classWeight: ClassWeight | undefined, dataset: Dataset): Pausable<RowWeighing | null> {
  const { rows, name, weights } = dataset;
  if (classWeight === undefined && weights === undefined) return null;
  const ofClass = classWeight === undefined ? null : yield* classWeights(classWeight, dataset);
  let sum = 0;
  for (let n = 0; n < rows; n++) {
    sum += weightOf(dataset, ofClass, n);
    if (n % ROWS_PER_TURN === 0) yield;
  }
  if (sum > 0 && Number.isFinite(sum)) return { ofClass, mean: sum / rows };
  const option = classWeight === undefined ? 'dataset' : 'classWeight';
  throw new OptionError('train', option, `has ${show(sum)}, expected a finite number above 0`, {
    about: `the sum of the weights of ${showName(name)}`,
  });
}

/** The weight of each row divided by the mean of all, so that a batch can divide its loss by its number of rows. */
export function* rowWeights(dataset: Dataset, { ofClass, mean }: RowWeighing): Pausable<DataMatrix> {
  const { rows } = dataset;
  const array = sharedArrays.float64(rows);
  for (let n = 0; n < rows; n++) {
    array[n] = weightOf(dataset, ofClass, n) / mean;
    if (n % ROWS_PER_TURN === 0) yield;
  }
  return valueMatrix(array, 1);
}

/** Weight of row n of a set, before division by the mean. */
export function weightOf({ targets, weights }: Dataset, ofClass: Float64Array | null, n: number): number {
  const rowWeight = weights === undefined ? 1 : weights.array[n] / weights.divisor;
  return ofClass === null ? rowWeight : ofClass[targets.array[n]] * rowWeight;
}

function* classWeights(classWeight: ClassWeight, dataset: Dataset): Pausable<Float64Array> {
  const { name, classes, rows, targets } = dataset;
  if (hasTargetsByPosition(dataset)) {
    const problem = `has ${show(classWeight)}, expected none (each position of a row of ${showName(name)} has a class of its own)`;
    throw new OptionError('train', ['classWeight', 'dataset'], problem);
  }
  if (classes === null) {
    const why = dataset.heads === undefined ? 'are values, not classes' : 'are several';
    const problem = `has ${show(classWeight)}, expected none (the targets of ${showName(name)} ${why})`;
    throw new OptionError('train', ['classWeight', 'dataset'], problem);
  }
  if (classWeight === 'balanced') {
    const counts = new Float64Array(classes);
    for (let n = 0; n < rows; n++) {
      counts[targets.array[n]]++;
      if (n % ROWS_PER_TURN === 0) yield;
    }
    // The weight of a class without rows is never used.
    return counts.map((count) => (count === 0 ? 0 : rows / (classes * count)));
  }
  if (isList(classWeight)) {
    if (classWeight.length === classes) return Float64Array.from(classWeight);
    const problem = `has ${counted(classWeight.length, 'number')}, expected ${classes} (one for each class of ${showName(name)})`;
    throw new OptionError('train', ['classWeight', 'dataset'], problem);
  }
  return namedWeights(classWeight, dataset, classes);
}

const isList = (classWeight: ClassWeight): classWeight is readonly number[] => Array.isArray(classWeight);

function namedWeights(weightByName: Readonly<Record<string, number>>, { name, labels }: Dataset, classes: number) {
  const names = labels ?? Array.from({ length: classes }, (_, label) => String(label));
  const labelOfName = new Map(names.map((name, label) => [name, label]));
  const ofClass = new Float64Array(classes).fill(1);
  for (const [className, weight] of Object.entries(weightByName)) {
    const label = labelOfName.get(className);
    if (label === undefined) {
      const nameList = listed(names);
      const problem = `has class ${show(className)}, expected one of ${nameList} (the classes of ${showName(name)})`;
      throw new OptionError('train', ['classWeight', 'dataset'], problem + suggest(className, names));
    }
    ofClass[label] = weight;
  }
  return ofClass;
}
