import { ofTable } from '@gradloom/core/internal';
import { type Dataset, type TargetHead, valueMatrix } from './dataset.ts';
import { sharedArrays } from './number-types.ts';

/** The targets of several outputs: those of the dataset, or the targets of its table by their names. */
export function headsOfDataset({ heads, preprocessing, classes }: Dataset): readonly TargetHead[] | undefined {
  const { series, target } = ofTable(preprocessing) ?? {};
  if (heads !== undefined || target === undefined || series !== undefined) return heads;
  return target.map(({ name }) => ({ name, columns: 1, classes }));
}

/** The rows with the targets of one of several outputs; undefined if they have none of that name. */
export function datasetOfHead(dataset: Dataset, name: string): Dataset | undefined {
  const { heads: _, labels: __, targets, preprocessing, ...others } = dataset;
  const heads = headsOfDataset(dataset) ?? [];
  const k = heads.findIndex((head) => head.name === name);
  if (k === -1) return undefined;
  const { columns, classes, labels } = heads[k];
  const start = heads.slice(0, k).reduce((sum, head) => sum + head.columns, 0);
  const array = sharedArrays.float64(dataset.rows * columns);
  for (let n = 0; n < dataset.rows; n++) {
    const row = n * targets.columns + start;
    for (let c = 0; c < columns; c++) array[n * columns + c] = targets.array[row + c];
  }
  const table = ofTable(preprocessing);
  const ofHead = table && { ...table, target: table.target.filter((target) => target.name === name) };
  return {
    ...others,
    targets: { ...valueMatrix(array, columns), divisor: targets.divisor },
    classes,
    ...(labels === undefined ? {} : { labels }),
    ...(preprocessing === undefined ? {} : { preprocessing: ofHead ?? preprocessing }),
  };
}
