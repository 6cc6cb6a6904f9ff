import { splitNames } from '../datasets/split-names.ts';
import { datasetSource } from '../options/dataset-source.ts';
import { wholeNumber } from '../options/numbers.ts';
import type { OptionTable, Values } from '../options/option.ts';
import { runOptions } from '../options/run-options.ts';
import { keyOf, toggle } from '../options/words.ts';

export const evaluateOptions = {
  dataset: { group: 'Data', ...datasetSource, describe: "name or path, as in train (the run's own)" },
  split: { group: 'Data', ...keyOf(splitNames), describe: 'train, validation or test (test, else all rows)' },
  'top-k': { group: 'Data', ...wholeNumber(1), describe: 'count a row as right among the k highest classes (5)' },
  ...runOptions,
  json: { group: 'Output', ...toggle, describe: 'print one JSON object' },
  verbose: { group: 'Output', ...toggle, describe: 'print the stack of an error' },
} satisfies OptionTable;

export type EvaluateValues = Values<typeof evaluateOptions>;
