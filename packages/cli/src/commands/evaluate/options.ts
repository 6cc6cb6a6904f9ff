import { option } from '@gradloom/core/internal';
import { takenRows } from '../../files/datasets/split-names.ts';
import { moduleOption } from '../../options/custom-parts.ts';
import type { OptionTable, Values } from '../../options/option.ts';
import { runOptions, verbose } from '../../options/run-options.ts';
import { thresholdChoice } from '../../options/threshold.ts';

export const evaluateOptions = {
  ...takenRows('measure'),
  'top-k': {
    group: 'Data',
    ...option.positiveInteger(5, 'k of the top-k accuracy: a row counts if its class is among the k highest outputs'),
  },
  threshold: {
    group: 'Figures',
    ...thresholdChoice(
      undefined,
      "of two classes: probability above which the answer is the second; f1 (or auto) and youden choose the best by F1 or by Youden's J on the validation set",
      'that of the model, else 0.5',
    ),
  },
  'save-threshold': {
    group: 'Figures',
    ...option.flag(undefined, 'write the threshold into the model file, where predict uses it'),
  },
  bootstrap: {
    group: 'Figures',
    ...option.positiveInteger(
      undefined,
      'draw the rows so many times, such as 1000, for 95 % intervals of all figures',
      'no intervals',
    ),
  },
  seed: { group: 'Figures', ...option.count(0, 'seed of the draws') },
  ...runOptions,
  module: moduleOption,
  json: { group: 'Output', ...option.flag(undefined, 'print one JSON object') },
  verbose,
} satisfies OptionTable;

export type EvaluateValues = Values<typeof evaluateOptions>;
