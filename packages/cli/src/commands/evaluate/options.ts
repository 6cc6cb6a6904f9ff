import { option, show, type ThresholdCriterion, thresholdCriteria } from '@gradloom/core/internal';
import { rowOptions } from '../../files/datasets/split-names.ts';
import { moduleOption } from '../../options/custom-parts.ts';
import { grouped, type OptionTable, type Values } from '../../options/option.ts';
import { runOptions, verbose } from '../../options/run-options.ts';

/** A threshold, or what it is chosen by. */
export type ThresholdChoice = number | ThresholdCriterion;

const DEFAULT_CRITERION: ThresholdCriterion = 'f1';

/** A number, or a criterion; 'auto' is the default criterion. */
const thresholdChoice = option.kind(
  (_where, name, raw): ThresholdChoice => {
    if (raw === 'auto') return DEFAULT_CRITERION;
    const criterion = Object.keys(thresholdCriteria).find((key) => key === raw);
    if (criterion !== undefined) return criterion as ThresholdCriterion;
    if (option.finite.isValid(raw)) return raw;
    throw new Error(`${name} has ${show(raw)}, expected a number such as 0.3, or auto, f1 or youden`);
  },
  { fromText: option.numeric, choices: ['auto', ...Object.keys(thresholdCriteria)] },
);

export const evaluateOptions = {
  ...rowOptions('measure'),
  'top-k': {
    group: 'Data',
    ...option.positiveInteger(5, 'k of the top-k accuracy: a row counts if its class is among the k highest outputs'),
  },
  ...grouped(
    { group: 'Figures' },
    {
      threshold: thresholdChoice(
        undefined,
        "of two classes: probability above which the answer is the second; f1 (or auto) and youden choose the best by F1 or by Youden's J on the validation set",
        'that of the model, else 0.5',
      ),
      'save-threshold': option.flag(undefined, 'write the threshold into the model file, where predict uses it'),
      bootstrap: option.positiveInteger(
        undefined,
        'draw the rows so many times, such as 1000, for 95 % intervals of all figures',
        'no intervals',
      ),
      seed: option.count(0, 'seed of the draws'),
    },
  ),
  ...runOptions,
  module: moduleOption,
  json: { group: 'Output', ...option.flag(undefined, 'print one JSON object') },
  verbose,
} satisfies OptionTable;

export type EvaluateValues = Values<typeof evaluateOptions>;
