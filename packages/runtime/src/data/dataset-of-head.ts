import { type LossSpec, OptionError } from '@gradloom/core';
import { checkObject, classesOfProbabilities, hasHeads, ofTable, show, showName } from '@gradloom/core/internal';
import { type Dataset, type TargetHead, valueMatrix } from './dataset.ts';
import { sharedArrays } from './number-types.ts';

/** The targets of several outputs: those of the dataset, or the targets of its table by their names. */
export function headsOfDataset(dataset: Dataset): readonly TargetHead[] | undefined {
  checkObject('headsOfDataset', 'dataset', dataset, 'a dataset');
  const { heads, preprocessing, classes } = dataset;
  const { series, target } = ofTable(preprocessing) ?? {};
  if (heads !== undefined || target === undefined || series !== undefined) return heads;
  const columns = classesOfProbabilities(target)?.length ?? 1;
  return target.map(({ name }) => ({ name, columns, classes }));
}

const ENTROPY = 'softmax-cross-entropy';

/**
 * Numbers of each output of a network whose loss names several targets; null for a loss of one output.
 * @throws OptionError if the targets have no names, or one loss is given for targets of several kinds.
 */
export function sizesOfHeads(dataset: Dataset, loss: LossSpec): Readonly<Record<string, number>> | null {
  checkObject('sizesOfHeads', 'dataset', dataset, 'a dataset');
  if (!hasHeads(loss)) {
    if (dataset.heads === undefined) return null;
    const expected = dataset.heads
      .map(({ name, classes }) => `${name}=${classes === null ? 'mse' : ENTROPY}`)
      .join(',');
    const problem = `has ${show(typeof loss === 'string' ? loss : loss.kind)}, expected one for each target: ${expected}`;
    throw new OptionError('train', ['loss', 'dataset'], problem, { about: 'the loss' });
  }
  const heads = headsOfDataset(dataset);
  if (heads === undefined) {
    const names = Object.keys(loss).map(show).join(', ');
    const problem = `has ${names}, expected one loss: the targets of ${showName(dataset.name)} have no names`;
    throw new OptionError('train', ['loss', 'dataset'], problem, { about: 'the loss' });
  }
  const sizeOf = ({ name, columns, classes }: TargetHead): number => {
    const { [name]: spec } = loss;
    const kind = typeof spec === 'object' ? spec.kind : spec;
    return classes === 2 && kind === 'binary-cross-entropy' ? 1 : (classes ?? 1) * columns;
  };
  return Object.fromEntries(heads.map((head) => [head.name, sizeOf(head)]));
}

/**
 * The rows with the targets of one of several outputs; undefined if they have none of that name. `isOnly` says that no
 * other output has targets, so that they need no name.
 */
export function datasetOfHead(dataset: Dataset, name: string, isOnly = false): Dataset | undefined {
  const heads = headsOfDataset(dataset) ?? [];
  const { heads: _, labels: __, targets, preprocessing, ...others } = dataset;
  const k = heads.findIndex((head) => head.name === name);
  if (k === -1) return isOnly && dataset.heads === undefined ? dataset : undefined;
  const { columns, classes, labels } = heads[k];
  const start = heads.slice(0, k).reduce((sum, head) => sum + head.columns, 0);
  const array = sharedArrays.float64(dataset.rows * columns);
  for (let n = 0; n < dataset.rows; n++) {
    const row = n * targets.columns + start;
    for (let c = 0; c < columns; c++) array[n * columns + c] = targets.array[row + c];
  }
  const table = ofTable(preprocessing);
  const headPreprocessing = table && { ...table, target: table.target.filter((target) => target.name === name) };
  return {
    ...others,
    targets: { ...valueMatrix(array, columns), divisor: targets.divisor },
    classes,
    ...(labels === undefined ? {} : { labels }),
    ...(preprocessing === undefined ? {} : { preprocessing: headPreprocessing ?? preprocessing }),
  };
}
