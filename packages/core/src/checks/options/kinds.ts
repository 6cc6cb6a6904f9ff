import * as check from '../check.ts';
import { OptionError } from '../option-error.ts';
import * as range from '../range.ts';
import { show } from '../show.ts';
import type { Check, Option } from './option.ts';

/** Makes options of one kind, such as `positive(1e-8, 'added to the denominator')`: default, help, default as shown. */
export const kind =
  <T>(check: Check<T>) =>
  <const Standard extends T | undefined = undefined>(
    standard?: Standard,
    help?: string,
    shown?: string,
  ): Option<T, Standard> => ({ check, standard: standard as Standard, help, shown, required: false });

/** An option of a kind that must be given. */
export const required = <T>(of: () => Option<T, undefined>): Option<T, undefined, true> => ({
  ...of(),
  required: true,
});

/** A finite number of at least 0. */
export const nonNegative = kind(range.nonNegative);
/** A finite number above 0. */
export const positive = kind(range.positive);
/** A number in [0, 1). */
export const fraction = kind(range.fraction);
/** A finite number. */
export const finite = kind(check.finite);
/** A whole number of at least 0. */
export const count = kind(range.count);
/** A whole number of at least 1. */
export const positiveInteger = kind(check.positiveInteger);
/** True or false. */
export const flag = kind(range.flag);
/** One of a table's own keys. */
export const oneOf = <T extends object>(table: T) =>
  kind((where, name, value) => check.oneOf(where, name, value, table));
/** A value for which `isValid` holds; `wanted` says which those are. */
export const checkedBy = <T>(wanted: string, isValid: (value: unknown) => value is T) =>
  kind((where, name, value) => {
    if (isValid(value)) return value;
    throw new OptionError(where, name, `has ${show(value)}, expected ${wanted}`);
  });
/** Any value: what it is handed to checks it. */
export const unchecked = <T>(help?: string, shown?: string): Option<T, undefined> =>
  kind((_where, _name, value) => value as T)(undefined, help, shown);
