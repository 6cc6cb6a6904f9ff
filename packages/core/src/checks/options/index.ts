export { inFloats, specInFloats } from './in-floats.ts';
export {
  checkedBy,
  count,
  finite,
  flag,
  fraction,
  inRange,
  type Kind,
  kind,
  nonNegative,
  notZero,
  number,
  oneOf,
  positive,
  positiveInteger,
  required,
  unchecked,
} from './kinds.ts';
export {
  defineOptions,
  type MemberTables,
  type Named,
  type Option,
  type Options,
  type OptionsOf,
  type OptionTable,
  type OptionValues,
} from './option.ts';
