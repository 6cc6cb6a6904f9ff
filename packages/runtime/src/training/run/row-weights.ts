import { OptionError, type Pausable } from '@gradloom/core';
import { counted, type HeadTask, listed, show, showName, suggest } from '@gradloom/core/internal';
import { type DataMatrix, type Dataset, type TargetHead, valueMatrix } from '../../data/dataset.ts';
import { sharedArrays } from '../../data/number-types.ts';
import { columnsOfHead } from '../../data/targets.ts';
import { type ClassWeight, isByTarget } from './class-weight.ts';

/** Weighting of rows in the training loss of an output. */
export interface RowWeighing {
  readonly ofClass: Float64Array | null; // weights of the classes; null if all are 1
  readonly start: number; // column of the targets that has the classes
  readonly mean: number; // mean weight of the training rows, by which each weight is divided
}

/** Rows between two pauses: below a millisecond. */
const ROWS_PER_TURN = 1 << 16;

/**
 * Weights of a dataset's rows in the loss of each output; null if each counts 1. `tasks` are several outputs.
 * @throws OptionError if they misfit its classes or are all 0.
 */
export function* planWeighing(
  classWeight: ClassWeight | undefined,
  dataset: Dataset,
  tasks: readonly HeadTask[] | null,
): Pausable<readonly RowWeighing[] | null> {
  const { rows, name, weights, targets, classes, labels } = dataset;
  if (classWeight === undefined && weights === undefined) return null;
  const wholeOutput: Output = {
    name,
    columns: targets.columns,
    classes,
    start: 0,
    ...(labels === undefined ? {} : { labels }),
  };
  const outputs = tasks === null ? [wholeOutput] : tasks.map((task) => columnsOfHead(dataset, task, tasks));
  const weightOfOutput = tasks === null ? () => classWeight : weightsByTarget(classWeight, outputs, name);
  const weighings: RowWeighing[] = [];
  for (const output of outputs) {
    const outputWeight = output && weightOfOutput(output);
    const start = output?.start ?? 0;
    const isWeighed = output !== undefined && outputWeight !== undefined;
    const weightByClass = isWeighed ? yield* classWeights(outputWeight, dataset, output) : null;
    let sum = 0;
    for (let n = 0; n < rows; n++) {
      sum += weightOf(dataset, { ofClass: weightByClass, start }, n);
      if (n % ROWS_PER_TURN === 0) yield;
    }
    if (!(sum > 0 && Number.isFinite(sum))) {
      const option = classWeight === undefined ? 'dataset' : 'classWeight';
      throw new OptionError('train', option, `has ${show(sum)}, expected a finite number above 0`, {
        about: `the sum of the weights of ${showName(name)}`,
      });
    }
    weighings.push({ ofClass: weightByClass, start, mean: sum / rows });
  }
  return weighings;
}

/** The targets of an output, and the column of the dataset in which they begin. */
type Output = TargetHead & { readonly start: number };

/**
 * The class weights of each of several targets: 'balanced' is that of each with classes.
 * @throws OptionError for weights of another form, or of a target without classes.
 */
function weightsByTarget(
  classWeight: ClassWeight | undefined,
  outputs: readonly (Output | undefined)[],
  name: string,
): (output: Output) => ClassWeight | undefined {
  const weightedOutputs = outputs.filter(
    (output) => output !== undefined && output.classes !== null && output.columns === 1,
  );
  const names = weightedOutputs.map((output) => output?.name ?? '');
  if (classWeight === undefined) return () => undefined;
  const fail = (problem: string): never => {
    throw new OptionError('train', ['classWeight', 'dataset'], problem);
  };
  if (names.length === 0) fail(`has ${show(classWeight)}, expected none (no target of ${showName(name)} has classes)`);
  if (classWeight === 'balanced') return (output) => (weightedOutputs.includes(output) ? classWeight : undefined);
  if (!isByTarget(classWeight)) {
    const expected = names.map((target) => `${target}=balanced`).join(',');
    return fail(`has ${show(classWeight)}, expected weights by target for ${showName(name)}, such as ${expected}`);
  }
  for (const target of Object.keys(classWeight)) {
    if (names.includes(target)) continue;
    const problem = `has target ${show(target)}, expected one of ${listed(names)} (those of ${showName(name)} with classes)`;
    fail(problem + suggest(target, names));
  }
  return ({ name }) => (Object.hasOwn(classWeight, name) ? classWeight[name] : undefined);
}

/** The weight of each row in the loss of each output [rows, outputs], divided by the mean: batches divide by rows. */
export function* rowWeights(dataset: Dataset, weighings: readonly RowWeighing[]): Pausable<DataMatrix> {
  const { rows } = dataset;
  const columns = weighings.length;
  const array = sharedArrays.float64(rows * columns);
  for (let n = 0; n < rows; n++) {
    for (let k = 0; k < columns; k++) array[n * columns + k] = weightOf(dataset, weighings[k], n) / weighings[k].mean;
    if (n % ROWS_PER_TURN === 0) yield;
  }
  return valueMatrix(array, columns);
}

/** Weight of row n of a set, before division by the mean. */
export function weightOf(
  { targets, weights }: Dataset,
  { ofClass, start }: Omit<RowWeighing, 'mean'>,
  n: number,
): number {
  const rowWeight = weights === undefined ? 1 : weights.array[n] / weights.divisor;
  return ofClass === null ? rowWeight : ofClass[targets.array[n * targets.columns + start]] * rowWeight;
}

/** The weights of the classes of one target. */
function* classWeights(classWeight: ClassWeight, { rows, targets }: Dataset, output: Output): Pausable<Float64Array> {
  const { name, classes, columns, start } = output;
  if (classes !== null && columns > 1) {
    const problem = `has ${show(classWeight)}, expected none (each position of a row of ${showName(name)} has a class of its own)`;
    throw new OptionError('train', ['classWeight', 'dataset'], problem);
  }
  if (classes === null) {
    const problem = `has ${show(classWeight)}, expected none (the targets of ${showName(name)} are values, not classes)`;
    throw new OptionError('train', ['classWeight', 'dataset'], problem);
  }
  if (classWeight === 'balanced') {
    const counts = new Float64Array(classes);
    for (let n = 0; n < rows; n++) {
      counts[targets.array[n * targets.columns + start]]++;
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
  if (isByTarget(classWeight)) {
    const problem = `has ${show(classWeight)}, expected weights of the classes of ${showName(name)}, which has one target`;
    throw new OptionError('train', ['classWeight', 'dataset'], problem);
  }
  return namedWeights(classWeight, output, classes);
}

const isList = (classWeight: ClassWeight): classWeight is readonly number[] => Array.isArray(classWeight);

function namedWeights(weightByName: Readonly<Record<string, number>>, { name, labels }: Output, classes: number) {
  const names = labels ?? Array.from({ length: classes }, (_, label) => String(label));
  const labelOfName = new Map(names.map((name, label) => [name, label]));
  const weightByClass = new Float64Array(classes).fill(1);
  for (const [className, weight] of Object.entries(weightByName)) {
    const label = labelOfName.get(className);
    if (label === undefined) {
      const nameList = listed(names);
      const problem = `has class ${show(className)}, expected one of ${nameList} (the classes of ${showName(name)})`;
      throw new OptionError('train', ['classWeight', 'dataset'], problem + suggest(className, names));
    }
    weightByClass[label] = weight;
  }
  return weightByClass;
}
