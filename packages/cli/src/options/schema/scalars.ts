import { option } from '@gradloom/core/internal';
import { type Schema, throwMismatch } from './schema.ts';

/** A value of a kind that options have, too. */
const schemaOfKind = <T>({ isValid, expected }: option.PlainKind<T>): Schema<T> => ({
  expected,
  read: (value) => (isValid(value) ? value : throwMismatch(value, expected)),
});

/** A finite number. JSON has no other, but 1e999 reads as Infinity. */
export const number = (low?: number, high?: number): Schema<number> => schemaOfKind(option.inRange(low, high));

/** A number, or NaN for null: JSON writes null for a number that is not finite. */
export function figure(low?: number, high?: number): Schema<number> {
  const { isValid, expected: numbers } = option.inRange(low, high);
  const expected = `${numbers}, or null`;
  return {
    expected,
    read(value) {
      if (value === null || value === undefined) return Number.NaN;
      return isValid(value) ? value : throwMismatch(value, expected);
    },
  };
}

export const whole = (low: number, high: number): Schema<number> => schemaOfKind(option.wholeNumber(low, high));

/** A whole number that counts, such as steps. */
export const count = (low = 0): Schema<number> => schemaOfKind(option.wholeNumber(low));

export const text = (maxLength: number): Schema<string> =>
  schemaOfKind(
    option.checkedBy(
      `text of at most ${maxLength} characters`,
      (value): value is string => typeof value === 'string' && value.length <= maxLength,
    ),
  );

/** Text of one form. */
export const word = (form: RegExp, expected: string): Schema<string> =>
  schemaOfKind(option.checkedBy(expected, (value): value is string => typeof value === 'string' && form.test(value)));

export const flag: Schema<boolean> = schemaOfKind(option.flag);

export const literal = <const V extends string>(expected: V): Schema<V> =>
  schemaOfKind(option.checkedBy(JSON.stringify(expected), (value): value is V => value === expected));

/** A command that repeats a computation: a network of at most 4 MiB, with as much for quoting and other options. */
export const commandLine = text(2 ** 23);
/** A name of a layer, class, model or machine; short, since it appears on a page several times. */
export const name = text(4096);

/** Keys of an object that are learning rates. */
export const learningRateKey = word(/^[\d.]{1,30}(?:e[+-]?\d{1,3})?$/, 'learning rates as keys');

/** Keys of an object that are seeds. */
export const seedKey = word(/^\d{1,16}$/, 'seeds as keys');
