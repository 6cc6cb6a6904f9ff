import { option } from '@gradloom/core/internal';
import { type OptionTable, type Values, without } from '../../options/option.ts';
import { outOption, verbose } from '../../options/run-options.ts';
import { trainAlternatives, trainOptions } from '../train/options.ts';

// Options of train that the sweep has no use for: it sets the rate and the length, and keeps nothing.
const SCHEDULE = ['lr', 'schedule', 'warmup-steps', 'epochs', 'steps', 'minutes'] as const;
const EVALUATION = ['folds', 'fold', 'evaluate-every', 'evaluate-test', 'patience', 'min-delta', 'monitor'] as const;
const OBSERVATION = ['on-nan', 'probe', 'profile', 'retries'] as const;
const CLUSTER = ['cluster', 'no-overlap', 'exchange-timeout'] as const;
const START = ['from', 'until', 'replace-head', 'lora', 'lora-alpha', 'lora-layers', 'merge-lora'] as const;
const FILES = ['checkpoint-every', 'keep', 'resume', 'out', 'no-out', 'config'] as const;
const PRINTING = ['quiet', 'json', 'verbose'] as const;

export const lrFindOptions = {
  ...without(trainOptions, ...SCHEDULE, ...EVALUATION, ...OBSERVATION, ...CLUSTER, ...START, ...FILES, ...PRINTING),
  from: { group: 'Training', ...option.positive(1e-7, 'learning rate of the first step') },
  to: { group: 'Training', ...option.positive(10, 'learning rate of the last step') },
  steps: { group: 'Training', ...option.wholeNumber(10)(300, 'steps of the sweep') },
  out: outOption('the full numbers (lr-find.json) and the page (report.html)'),
  json: { group: 'Output', ...option.flag(undefined, 'print one JSON document') },
  verbose,
} satisfies OptionTable;

export type LrFindValues = Values<typeof lrFindOptions>;

export const lrFindAlternatives = trainAlternatives.filter(
  ([keys]) => keys.every((key) => key in lrFindOptions) && !keys.includes('from'), // which is a rate here
);
