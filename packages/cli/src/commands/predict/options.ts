import { option } from '@gradloom/core/internal';
import { datasetSource } from '../../files/datasets/dataset-source.ts';
import { splitNames } from '../../files/datasets/split-names.ts';
import type { OptionTable, Values } from '../../options/option.ts';
import { moduleOption } from '../../options/own-parts.ts';
import { rowRanges } from '../../options/row-ranges.ts';
import { runOptions, verbose } from '../../options/run-options.ts';

export const predictOptions = {
  dataset: {
    group: 'Data',
    ...datasetSource(undefined, 'predict rows of a dataset: name or path, as in train', 'the dataset of the run'),
  },
  split: {
    group: 'Data',
    ...option.oneOf(splitNames)(
      undefined,
      'part of the dataset: train, validation or test',
      'test, else validation, else all rows',
    ),
  },
  rows: {
    group: 'Data',
    ...rowRanges(undefined, 'rows of the dataset, counted from 0: 0..9 or 0,3,7..9', 'all'),
  },
  'memory-limit': runOptions['memory-limit'],
  module: moduleOption,
  json: { group: 'Output', ...option.flag(undefined, 'print JSON, one object per row') },
  verbose,
} satisfies OptionTable;

export type PredictValues = Values<typeof predictOptions>;
