import { show } from '@gradloom/core/internal';
import type { Kind } from './option.ts';

/** A whole number from `least` to 2^53 - 1. */
export const wholeNumber = (least: number): Kind<number> => ({
  parse: (name, raw) =>
    checked(name, raw, `a whole number of at least ${least}`, (x) => Number.isSafeInteger(x) && x >= least),
});

/** A number that `ok` accepts; `wanted` says which those are. */
export const realNumber = (wanted: string, ok: (value: number) => boolean): Kind<number> => ({
  parse: (name, raw) => checked(name, raw, wanted, ok),
});

export const positive = realNumber('a number above 0', (x) => x > 0);
export const nonNegative = realNumber('a number of at least 0', (x) => x >= 0);
export const betweenZeroAndOne = realNumber('a number between 0 and 1, such as 0.999', (x) => x > 0 && x < 1);
export const fraction = realNumber('a number from 0 to below 1, such as 0.2', (x) => x >= 0 && x < 1);

/** A whole number of at least 1, or a word instead. */
export const wholeNumberOr = <Word extends string>(word: Word): Kind<number | Word> => ({
  parse: (name, raw) => {
    if (raw === word) return word;
    return checked(name, raw, `a whole number of at least 1, or ${word}`, (x) => Number.isSafeInteger(x) && x >= 1);
  },
  choices: [word],
});

/** Widths of the hidden layers, '128,64', or none. */
export const widths: Kind<readonly number[]> = {
  parse(name, raw) {
    if (raw === 'none') return [];
    const parts: readonly unknown[] = typeof raw === 'string' ? raw.split(',') : Array.isArray(raw) ? raw : [raw];
    const values = parts.map((part) => (typeof part === 'string' ? numeric(part.trim()) : part));
    if (values.every(isWidth)) return values;
    throw new Error(`${name} has ${show(raw)}, expected widths of layers such as 128,64, or none`);
  },
  choices: ['none'],
};

const isWidth = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 1;

function checked(name: string, raw: unknown, wanted: string, ok: (value: number) => boolean): number {
  const value = numeric(raw);
  if (typeof value === 'number' && Number.isFinite(value) && ok(value)) return value;
  throw new Error(`${name} has ${show(value)}, expected ${wanted}${limitOf(value, wanted.startsWith('a whole'))}`);
}

/** The upper limit, only mentioned if it was exceeded. */
function limitOf(value: unknown, whole: boolean): string {
  const number =
    typeof value === 'string' && (isTooLarge(value) || /^[+-]?inf(inity)?$/i.test(value)) ? Infinity : value;
  if (typeof number !== 'number') return '';
  if (whole) return number > Number.MAX_SAFE_INTEGER ? ' (at most 2^53 - 1)' : '';
  return Number.isFinite(number) ? '' : ' (and finite)';
}

const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/**
 * The number that a text writes in decimal. Anything else, including hexadecimal, an empty text and numbers beyond 64
 * bits, stays a text, for a check to refuse as it was typed.
 */
export function numeric(raw: unknown): unknown {
  if (typeof raw !== 'string' || !DECIMAL.test(raw)) return raw;
  const value = Number(raw);
  return Number.isFinite(value) ? value : raw;
}

/** Whether a text writes a number in decimal that is beyond the range of 64 bits. */
export const isTooLarge = (text: string): boolean => DECIMAL.test(text) && !Number.isFinite(Number(text));
