import { option } from '@gradloom/core/internal';
import { rowOptions } from '../../files/datasets/split-names.ts';
import { moduleOption } from '../../options/custom-parts.ts';
import type { OptionTable, Values } from '../../options/option.ts';
import { rowRanges } from '../../options/ranges.ts';
import { runOptions, verbose } from '../../options/run-options.ts';

export const predictOptions = {
  ...rowOptions('predict'),
  rows: { group: 'Data', ...rowRanges(undefined, 'rows of the dataset, counted from 0: 0..9 or 0,3,7..9', 'all') },
  layer: {
    group: 'Model',
    ...option.text('the name or path of a layer')(
      undefined,
      'print the outputs of this layer, by the names and paths that inspect prints',
      'the answers',
    ),
  },
  'memory-limit': runOptions['memory-limit'],
  module: moduleOption,
  json: { group: 'Output', ...option.flag(undefined, 'print JSON, one object per row') },
  verbose,
} satisfies OptionTable;

export type PredictValues = Values<typeof predictOptions>;
