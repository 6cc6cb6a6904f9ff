import { figures } from '@gradloom/core/internal';
import { datasetSource } from '../../files/datasets/dataset-source.ts';
import { splitNames } from '../../files/datasets/split-names.ts';
import { wholeNumber, wholeNumberOr } from '../../options/numbers.ts';
import type { OptionTable, Values } from '../../options/option.ts';
import { moduleOption } from '../../options/own-parts.ts';
import { runOptions } from '../../options/run-options.ts';
import { keyOf, text, toggle } from '../../options/words.ts';

export const explainOptions = {
  dataset: { group: 'Data', ...datasetSource, describe: 'name or path, as in train (default: the dataset of the run)' },
  split: {
    group: 'Data',
    ...keyOf(splitNames),
    describe: 'rows to use: train, validation or test (default: test, or all rows without a test set)',
  },
  rows: {
    group: 'Data',
    ...wholeNumberOr('all'),
    describe: 'use so many of them, drawn by the seed (default: so many that 2 million are predicted, at least 500)',
  },
  metric: {
    group: 'Figures',
    ...keyOf(figures),
    describe: 'the figure that is watched, one of those of evaluate (default: accuracy, or r2 for values)',
  },
  repeats: { group: 'Figures', ...wholeNumber(1), describe: 'how often each column is shuffled (default: 5)' },
  seed: { group: 'Figures', ...wholeNumber(0), describe: 'seed of the shuffles and of the rows (default: 0)' },
  module: moduleOption,
  ...runOptions,
  out: {
    group: 'Output',
    ...text('a directory'),
    describe: 'directory to write the full numbers (explain.json) and the page (report.html) to',
  },
  json: { group: 'Output', ...toggle, describe: 'print one JSON document' },
  verbose: { group: 'Output', ...toggle, describe: 'print the stack trace of an error' },
} satisfies OptionTable;

export type ExplainValues = Values<typeof explainOptions>;
