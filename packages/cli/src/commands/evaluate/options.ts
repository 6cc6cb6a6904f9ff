import { option, show, type ThresholdCriterion, thresholdCriteria } from '@gradloom/core/internal';
import { rowOptions } from '../../files/datasets/split-names.ts';
import { moduleOption } from '../../options/custom-parts.ts';
import { grouped, type OptionTable, type Values } from '../../options/option.ts';
import { tryJson } from '../../options/read-object.ts';
import { runOptions, verbose } from '../../options/run-options.ts';

/** A threshold, or what it is chosen by. */
export type ThresholdChoice = number | ThresholdCriterion;

const DEFAULT_CRITERION: ThresholdCriterion = 'f1';

/** Thresholds of several targets by name. */
export type ThresholdsByTarget = Readonly<Record<string, ThresholdChoice>>;

export const isByTarget = (
  threshold: ThresholdChoice | ThresholdsByTarget | undefined,
): threshold is ThresholdsByTarget => typeof threshold === 'object';

/** A number or a criterion; undefined for anything else. */
function choiceOf(raw: unknown): ThresholdChoice | undefined {
  if (raw === 'auto') return DEFAULT_CRITERION;
  const criterion = Object.keys(thresholdCriteria).find((key) => key === raw);
  return criterion !== undefined ? (criterion as ThresholdCriterion) : option.finite.isValid(raw) ? raw : undefined;
}

/** A number, or a criterion; 'auto' is the default criterion. Of several targets 'buys=f1,sold=0.3', or JSON. */
const thresholdChoice = option.kind(
  (_where, name, raw): ThresholdChoice | ThresholdsByTarget => {
    const entries =
      typeof raw === 'string' && raw.includes('=')
        ? raw.split(',').map((part): [string, unknown] => {
            const at = part.lastIndexOf('=');
            return [part.slice(0, Math.max(0, at)).trim(), option.numeric(part.slice(at + 1).trim())];
          })
        : Object.entries((typeof raw === 'string' && raw.startsWith('{') ? tryJson(raw) : raw) ?? {});
    const isNamed = typeof raw === 'object' || (typeof raw === 'string' && /[={]/.test(raw));
    const choices = entries.map(([target, value]) => [target, choiceOf(value)] as const);
    const isOnce = new Set(choices.map(([target]) => target)).size === choices.length;
    const isWhole =
      isOnce && choices.length > 0 && choices.every(([target, choice]) => target !== '' && choice !== undefined);
    if (isNamed && isWhole) return Object.fromEntries(choices) as ThresholdsByTarget;
    const choice = isNamed ? undefined : choiceOf(raw);
    if (choice !== undefined) return choice;
    const expected = 'a number such as 0.3, or auto, f1 or youden, or one for a target such as buys=0.3';
    throw new Error(`${name} has ${show(raw)}, expected ${expected}`);
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
        "of two classes: probability above which the answer is the second; f1 (or auto) and youden choose the best by F1 or by Youden's J on the validation set; of several targets target=threshold",
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
