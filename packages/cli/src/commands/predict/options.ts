import { datasetSource } from '../../files/datasets/dataset-source.ts';
import { splitNames } from '../../files/datasets/split-names.ts';
import type { OptionTable, Values } from '../../options/option.ts';
import { moduleOption } from '../../options/own-parts.ts';
import { rowRanges } from '../../options/row-ranges.ts';
import { runOptions } from '../../options/run-options.ts';
import { keyOf, toggle } from '../../options/words.ts';

export const predictOptions = {
  dataset: {
    group: 'Data',
    ...datasetSource,
    describe: 'predict rows of a dataset: name or path, as in train (default: the dataset of the run)',
  },
  split: {
    group: 'Data',
    ...keyOf(splitNames),
    describe: 'part of the dataset: train, validation or test (default: test, or all rows without a test set)',
  },
  rows: {
    group: 'Data',
    ...rowRanges,
    describe: 'rows of the dataset, counted from 0: 0..9 or 0,3,7..9 (default: all)',
  },
  'memory-limit': runOptions['memory-limit'],
  module: moduleOption,
  json: { group: 'Output', ...toggle, describe: 'print JSON, one object per row' },
  verbose: { group: 'Output', ...toggle, describe: 'print the stack trace of an error' },
} satisfies OptionTable;

export type PredictValues = Values<typeof predictOptions>;
