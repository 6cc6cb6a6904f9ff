import { datasetSource } from '../../files/datasets/dataset-source.ts';
import { splitNames } from '../../files/datasets/split-names.ts';
import { wholeNumber } from '../../options/numbers.ts';
import type { OptionTable, Values } from '../../options/option.ts';
import { moduleOption } from '../../options/own-parts.ts';
import { runOptions } from '../../options/run-options.ts';
import { thresholdChoice } from '../../options/threshold.ts';
import { keyOf, toggle } from '../../options/words.ts';

export const evaluateOptions = {
  dataset: { group: 'Data', ...datasetSource, describe: 'name or path, as in train (default: the dataset of the run)' },
  split: {
    group: 'Data',
    ...keyOf(splitNames),
    describe: 'rows to measure: train, validation or test (default: test, or all rows without a test set)',
  },
  'top-k': {
    group: 'Data',
    ...wholeNumber(1),
    describe: 'k of the top-k accuracy: a row counts if its class is among the k highest outputs (default: 5)',
  },
  threshold: {
    group: 'Figures',
    ...thresholdChoice,
    describe:
      "of two classes: probability above which the answer is the second; f1 (or auto) and youden choose the best by F1 or by Youden's J on the validation set (default: that of the model, else 0.5)",
  },
  'save-threshold': {
    group: 'Figures',
    ...toggle,
    describe: 'write the threshold into the model file, where predict uses it',
  },
  bootstrap: {
    group: 'Figures',
    ...wholeNumber(1),
    describe: 'draw the rows so many times, such as 1000, for 95 % intervals of all figures (default: no intervals)',
  },
  seed: { group: 'Figures', ...wholeNumber(0), describe: 'seed of the draws (default: 0)' },
  ...runOptions,
  module: moduleOption,
  json: { group: 'Output', ...toggle, describe: 'print one JSON object' },
  verbose: { group: 'Output', ...toggle, describe: 'print the stack trace of an error' },
} satisfies OptionTable;

export type EvaluateValues = Values<typeof evaluateOptions>;
