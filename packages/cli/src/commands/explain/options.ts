import { figures, option } from '@gradloom/core/internal';
import { rowOptions } from '../../files/datasets/split-names.ts';
import { moduleOption } from '../../options/custom-parts.ts';
import { grouped, type OptionTable, type Values } from '../../options/option.ts';
import { outOption, runOptions, verbose } from '../../options/run-options.ts';

/** Shuffles of a column. */
export const COLUMN_REPEATS = 5;
/** Noisy copies of an image. */
export const IMAGE_REPEATS = 25;

export const explainOptions = {
  ...rowOptions('use'),
  rows: {
    group: 'Data',
    ...option.orWord(option.positiveInteger, 'all')(
      undefined,
      'use so many of them, drawn by the seed',
      'so many that 2 million are predicted, at least 500; 12 images; 5 texts',
    ),
  },
  ...grouped(
    { group: 'Figures' },
    {
      target: option.text('a target')(undefined, 'of several targets: the one to explain', 'each'),
      metric: option.oneOf(figures)(
        undefined,
        'the figure that is watched, one of those of evaluate',
        'accuracy, or r2 for values',
      ),
      repeats: option.positiveInteger(
        undefined,
        'how often each column is shuffled; of each image, the noisy copies',
        `${COLUMN_REPEATS}, or ${IMAGE_REPEATS} of images`,
      ),
      seed: option.count(0, 'seed of the shuffles, of the noise and of the rows'),
    },
  ),
  module: moduleOption,
  ...runOptions,
  out: outOption('the full numbers (explain.json) and the page (report.html)'),
  json: { group: 'Output', ...option.flag(undefined, 'print one JSON document') },
  verbose,
} satisfies OptionTable;

export type ExplainValues = Values<typeof explainOptions>;
