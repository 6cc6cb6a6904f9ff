export { defineOptions, type Options } from './define-options.ts';
export { inFloats, specInFloats } from './in-floats.ts';
export {
  checkedBy,
  count,
  finite,
  flag,
  fraction,
  kind,
  nonNegative,
  oneOf,
  positive,
  positiveInteger,
  required,
  unchecked,
} from './kinds.ts';
export type { MemberTables, Named, Option, OptionsOf, OptionTable, OptionValues } from './option.ts';
