import { refuse, type Schema } from './schema.ts';

/** A finite number. JSON has no other, but 1e999 reads as Infinity. */
export const number = (low = -Number.MAX_VALUE, high = Number.MAX_VALUE): Schema<number> =>
  scalar(rangeText('a number', low, high), (value): value is number => isWithin(value, low, high));

/** The same, or NaN for null: JSON writes null for a number that is not finite. */
export function figure(low = -Number.MAX_VALUE, high = Number.MAX_VALUE): Schema<number> {
  const expected = `${rangeText('a number', low, high)}, or null`;
  return {
    expected,
    read(value) {
      if (value === null || value === undefined) return Number.NaN;
      return isWithin(value, low, high) ? value : refuse(value, expected);
    },
  };
}

export const whole = (low: number, high: number): Schema<number> =>
  scalar(
    rangeText('a whole number', low, high),
    (value): value is number => isWithin(value, low, high) && Number.isInteger(value),
  );

/** A whole number that counts, such as steps. */
export const count = (low = 0): Schema<number> => whole(low, Number.MAX_SAFE_INTEGER);

export const text = (mostLength: number): Schema<string> =>
  scalar(
    `text of at most ${mostLength} characters`,
    (value): value is string => typeof value === 'string' && value.length <= mostLength,
  );

/** Text of one form. */
export const word = (form: RegExp, expected: string): Schema<string> =>
  scalar(expected, (value): value is string => typeof value === 'string' && form.test(value));

export const flag: Schema<boolean> = scalar('true or false', (value) => typeof value === 'boolean');

export const literal = <const V extends string>(wanted: V): Schema<V> =>
  scalar(JSON.stringify(wanted), (value): value is V => value === wanted);

function scalar<T>(expected: string, accepts: (value: unknown) => value is T): Schema<T> {
  return { expected, read: (value) => (accepts(value) ? value : refuse(value, expected)) };
}

const isWithin = (value: unknown, low: number, high: number): value is number =>
  typeof value === 'number' && value >= low && value <= high;

function rangeText(kind: string, low: number, high: number): string {
  const [from, to] = [low > -Number.MAX_SAFE_INTEGER, high < Number.MAX_SAFE_INTEGER];
  if (from && to) return `${kind} from ${low} to ${high}`;
  return from ? `${kind} of ${low} or more` : to ? `${kind} of ${high} or less` : kind;
}
