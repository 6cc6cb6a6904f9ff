export { defineOptions, type Options } from './define-options.ts';
export { count, finite, flag, fraction, kind, nonNegative, oneOf, positive, positiveInteger } from './kinds.ts';
export type { Option, OptionsOf, OptionTable, OptionValues } from './option.ts';
