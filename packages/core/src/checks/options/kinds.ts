import { suggest } from '../nearest.ts';
import { OptionError } from '../option-error.ts';
import { has } from '../show.ts';
import type { Check, Flag, Option, Typing } from './option.ts';

/** A kind of value. Called, it makes an option of it, such as `positive(1e-8, 'added to the denominator')`. */
export interface Kind<T> extends Typing {
  readonly check: Check<T>;
  /** Makes an option with a default, a help line, and the text of the default in help if it is not a value. */
  <const Standard extends T | undefined = undefined>(
    standard?: Standard,
    help?: string,
    defaultText?: string,
  ): Option<T, Standard>;
}

/** A kind whose values all messages describe alike. */
export interface PlainKind<T> extends Kind<T> {
  readonly isValid: (value: unknown) => value is T;
  /** 'a whole number of at least 1'. */
  readonly expected: string;
  /** `expected`, with a hint about this refused value if there is one. */
  readonly expectedFor: (value: unknown, expected?: string) => string;
}

/** A kind of value with a check of its own. */
export function kind<T>(check: Check<T>, typing: Typing = {}): Kind<T> {
  const make = <const Standard extends T | undefined = undefined>(
    standard?: Standard,
    help?: string,
    defaultText?: string,
  ): Option<T, Standard> => ({ ...typing, check, standard: standard as Standard, help, defaultText, required: false });
  return Object.assign(make, { ...typing, check });
}

/** Values for which `isValid` holds; `expected` says which those are, and `addHint` adds to it for a refused value. */
export function checkedBy<T>(
  expected: string,
  isValid: (value: unknown) => value is T,
  typing: Typing = {},
  addHint: (expected: string, value: unknown) => string = (text) => text,
): PlainKind<T> {
  const expectedFor = (value: unknown, text = expected) => addHint(text, value);
  const check: Check<T> = (where, name, value) => {
    if (isValid(value)) return value;
    throw new OptionError(where, name, `${has(value)}, expected ${expectedFor(value)}`);
  };
  return Object.assign(kind(check, typing), { isValid, expected, expectedFor });
}

/** Finite numbers for which `isValid` holds; `expected` says which: 'a number above 0'. `hint` ends a refusal. */
export const number = (
  expected: string,
  isValid: (value: number) => boolean,
  hint: (value: unknown) => string = () => '',
): PlainKind<number> =>
  checkedBy(
    expected,
    (value): value is number => typeof value === 'number' && Number.isFinite(value) && isValid(value),
    { fromText: numeric },
    (text, value) =>
      (isNotFinite(value) ? text.replace(/^a number/, 'a finite number') : text) + hint(value) + withPoint(value),
  );

/** ' (0.5 with a decimal point)' for '0,5'. */
const withPoint = (value: unknown): string =>
  typeof value === 'string' && /^-?\d+,\d+$/.test(value) ? ` (${value.replace(',', '.')} with a decimal point)` : '';

/** Whole numbers from `min` to `max`, or to 2⁵³ - 1. */
export function wholeNumber(min: number, max?: number): PlainKind<number> {
  const limit = max ?? Number.MAX_SAFE_INTEGER;
  return checkedBy(
    `a whole number ${max === undefined ? `of at least ${min}` : `from ${min} to ${max}`}`,
    (value): value is number => Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= limit,
    { fromText: numeric },
    (text, value) => (max === undefined && isBeyondWhole(value) ? `${text} (at most 2^53 - 1)` : text),
  );
}

/** A value of a kind, or a word. */
export function orWord<T, const Word extends string>(
  { isValid, expected, expectedFor, fromText = (text) => text }: PlainKind<T>,
  word: Word,
): PlainKind<T | Word> {
  const isEither = (value: unknown): value is T | Word => value === word || isValid(value);
  return checkedBy(`${expected}, or ${word}`, isEither, { fromText, choices: [word] }, (text, value) =>
    expectedFor(value, text),
  );
}

/** Finite numbers from `low` to `high`. */
export function inRange(low = -Number.MAX_VALUE, high: number = Number.MAX_VALUE): PlainKind<number> {
  const [hasLow, hasHigh] = [low > -Number.MAX_VALUE, high < Number.MAX_VALUE];
  const lowText = hasLow ? ` of at least ${low}` : '';
  const text = hasHigh ? (hasLow ? ` from ${low} to ${high}` : ` of at most ${high}`) : lowText;
  return number(`a number${text}`, (x) => x >= low && x <= high);
}

/** A finite number of at least 0. */
export const nonNegative = inRange(0);
/** A finite number above 0. */
export const positive = number('a number above 0', (x) => x > 0);
/** A number in [0, 1). */
export const fraction = number('a number from 0 to below 1', (x) => x >= 0 && x < 1, asShare);
/** A number in (0, 1). */
export const betweenZeroAndOne = number('a number between 0 and 1', (x) => x > 0 && x < 1);
/** A finite number. */
export const finite = inRange();
/** A finite number other than 0. */
export const notZero = number('a number other than 0', (x) => x !== 0);
/** A whole number from 0 to 2⁵³ - 1. */
export const count = wholeNumber(0);
/** A whole number from 1 to 2⁵³ - 1. */
export const positiveInteger = wholeNumber(1);
/** ' (0.2 for 20 %)' for 20 and '20%'. */
function asShare(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') return '';
  const percent = Number(/^(\d+$|\d+(\.\d+)?(?= ?%$))/.exec(String(value))?.[0]);
  return percent > 1 && percent < 100 ? ` (${percent / 100} for ${percent} %)` : '';
}

export const flag = checkedBy('true or false', (value) => typeof value === 'boolean', { standsAlone: true });
/** Text of at least one character; `expected` says what it names. */
export const text = (expected: string): PlainKind<string> =>
  checkedBy(expected, (value): value is string => typeof value === 'string' && value !== '');

/** One of a table's own keys. */
export function oneOf<T extends object>(table: T): PlainKind<keyof T & string> {
  const choices = Object.keys(table);
  return checkedBy(
    `one of ${choices.join(', ')}`,
    (value): value is keyof T & string => typeof value === 'string' && Object.hasOwn(table, value),
    { choices },
    (expected, value) => expected + suggest(value, choices),
  );
}

/** Any value; the function that receives it checks it. */
export const unchecked = <T>(help?: string, defaultText?: string): Option<T, undefined> =>
  kind((_where, _name, value) => value as T)(undefined, help, defaultText);

/** An option of a kind that must be given. */
export const required = <T>(createOption: () => Option<T, undefined>): Option<T, undefined, true> => ({
  ...createOption(),
  required: true,
});

/** Makes options flags, such as `asFlag({ group: 'Training', effect: 'result' })(positiveInteger(1))`. */
export const asFlag =
  <const F extends Flag>(flag: F) =>
  <O extends object>(option: O): O & F => ({ ...option, ...flag });

const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/**
 * The number that a text writes in decimal. Anything else, including hexadecimal, an empty text and numbers beyond 64
 * bits, stays a text, for a check to refuse as it was typed.
 */
export function numeric(text: string): number | string {
  if (!DECIMAL.test(text)) return text;
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

/** Whether a text writes a number in decimal that is beyond the range of 64 bits. */
export const isTooLarge = (text: string): boolean => DECIMAL.test(text) && !Number.isFinite(Number(text));

const isInfinite = (value: unknown): boolean =>
  typeof value === 'string' && (isTooLarge(value) || /^[+-]?inf(inity)?$/i.test(value));

const isNotFinite = (value: unknown): boolean =>
  typeof value === 'number' ? !Number.isFinite(value) : isInfinite(value);

const isBeyondWhole = (value: unknown): boolean =>
  typeof value === 'number' ? value > Number.MAX_SAFE_INTEGER : isInfinite(value);

/** Names and paths of layers, in which * stands for any characters. */
export const layerPatterns = checkedBy(
  "a list of at least 1 name or path of a layer, such as ['0', 'encoder', 'block*']",
  (value): value is readonly string[] =>
    Array.isArray(value) && value.length > 0 && value.every((pattern) => typeof pattern === 'string'),
);
