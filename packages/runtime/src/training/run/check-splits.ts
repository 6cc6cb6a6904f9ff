import { OptionError } from '@gradloom/core';
import { record, unknownOption } from '@gradloom/core/internal';
import type { DataMatrix, DataSplits, Dataset } from '../../data/dataset.ts';

const SPLITS = ['train', 'validation', 'test'] as const satisfies readonly (keyof DataSplits)[];

/** Returns a copy of the data if each set is an object; the contents are checked later, against the network. */
export function checkSplits(data: DataSplits): DataSplits {
  record('train', 'data', data, '{ train, validation?, test? }, each a dataset');
  if ('inputs' in data && !('train' in data)) {
    throw new OptionError(
      'train',
      'data',
      'has a dataset, expected { train: dataset } (validation and test are keys of their own)',
    );
  }
  const known: readonly string[] = SPLITS;
  for (const key of Object.keys(data)) if (!known.includes(key)) throw unknownOption('train: data', key, known);
  for (const name of SPLITS) {
    if (name === 'train' || data[name] !== undefined) {
      const { inputs } = record('train', `data.${name}`, data[name], 'a dataset') as { inputs?: unknown };
      if (Array.isArray(inputs)) {
        throw new OptionError(
          'train',
          `data.${name}`,
          'has rows of plain arrays, expected a dataset (see datasetFromRows)',
        );
      }
    }
  }
  const { train, validation, test } = data;
  return {
    train: copyDataset(train),
    ...(validation === undefined ? {} : { validation: copyDataset(validation) }),
    ...(test === undefined ? {} : { test: copyDataset(test) }),
  };
}

/** Copies a dataset, except for its rows, which are too large. Invalid values are kept for later checks to report. */
function copyDataset(dataset: Dataset): Dataset {
  const copyOf = (matrix: DataMatrix): DataMatrix =>
    typeof matrix === 'object' && matrix !== null ? { ...matrix } : matrix;
  const { inputs, targets, weights, lengths } = dataset;
  const own = {
    ...(weights === undefined ? {} : { weights: copyOf(weights) }),
    ...(lengths === undefined ? {} : { lengths: copyOf(lengths) }),
  };
  return { ...dataset, inputs: copyOf(inputs), targets: copyOf(targets), ...own };
}
