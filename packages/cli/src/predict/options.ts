import { splitNames } from '../datasets/split-names.ts';
import { datasetSource } from '../options/dataset-source.ts';
import type { OptionTable, Values } from '../options/option.ts';
import { rowRanges } from '../options/row-ranges.ts';
import { runOptions } from '../options/run-options.ts';
import { keyOf, toggle } from '../options/words.ts';

export const predictOptions = {
  dataset: {
    group: 'Data',
    ...datasetSource,
    describe: "take rows of a dataset: name or path, as in train (the run's own)",
  },
  split: {
    group: 'Data',
    ...keyOf(splitNames),
    describe: 'of the dataset: train, validation or test (test, else all rows)',
  },
  rows: { group: 'Data', ...rowRanges, describe: 'of the dataset, counted from 0: 0..9 or 0,3,7..9 (all)' },
  'memory-limit': runOptions['memory-limit'],
  json: { group: 'Output', ...toggle, describe: 'print one JSON object a row' },
  verbose: { group: 'Output', ...toggle, describe: 'print the stack of an error' },
} satisfies OptionTable;

export type PredictValues = Values<typeof predictOptions>;
