import { checkObject, ofImages, ofTable, ofText, showName } from '@gradloom/core/internal';
import { type DataSplits, type Dataset, hasWindows, mapSets } from './dataset.ts';

/** Whether rows are their own targets, and share the numbers of their inputs. */
export function hasOwnTargets(dataset: Dataset): boolean {
  const { inputs, targets, classes } = checkObject('hasOwnTargets', 'dataset', dataset, 'a dataset');
  return classes === null && targets.array === inputs.array && targets.columns === inputs.columns;
}

/**
 * Rows with their own inputs as targets, values, as an autoencoder learns them. Targets share the numbers of the
 * inputs, also standardized ones. A program that reads a table has `readTable(path, { targets: 'inputs' })`.
 * @throws Error for tokens, windows of a series, and rows of a table.
 */
export function withInputTargets(sets: DataSplits): DataSplits {
  checkObject('withInputTargets', 'sets', sets, '{ train, validation?, test? }');
  return mapSets(sets, (dataset, set) => ownTargets(checkObject('withInputTargets', set, dataset, 'a dataset')));
}

function ownTargets(dataset: Dataset): Dataset {
  const { labels: _, heads: __, preprocessing, ...others } = dataset;
  const { name, inputs } = others;
  const isTable = ofTable(preprocessing) !== undefined;
  if (isTable || ofText(preprocessing) !== undefined || hasWindows(dataset)) {
    const [is, advice] = isTable ? ['a table', " (readTable has targets: 'inputs')"] : ['a text', ''];
    throw new Error(`withInputTargets: ${showName(name)} is ${is}, expected numbers or images${advice}`);
  }
  const image = ofImages(preprocessing)?.image; // without the names of classes, which are no answers here
  return {
    ...others,
    targets: inputs,
    classes: null,
    ...(image === undefined ? {} : { preprocessing: { version: 1, image } as const }),
  };
}
