import { number } from './check.ts';
import { OptionError } from './option-error.ts';
import { show } from './show.ts';

/** The value, if it is a finite number of at least 0. @throws Error otherwise. */
export const nonNegative = (where: string, name: string, value: unknown): number =>
  number(where, name, value, 'of at least 0', (x) => x >= 0);

/** The value, if it is a finite number above 0. @throws Error otherwise. */
export const positive = (where: string, name: string, value: unknown): number =>
  number(where, name, value, '> 0', (x) => x > 0);

/** The value, if it is a number in [0, 1). @throws Error otherwise. */
export const fraction = (where: string, name: string, value: unknown): number =>
  number(where, name, value, 'in [0, 1)', (x) => x >= 0 && x < 1);

/** The value, if it is a whole number from 0 to 2⁵³ - 1. @throws Error otherwise. */
export const count = (where: string, name: string, value: unknown): number =>
  number(where, name, value, 'that is whole and at least 0', (x) => Number.isSafeInteger(x) && x >= 0);

/** The value, if it is true or false. @throws Error otherwise. */
export function flag(where: string, name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new OptionError(where, name, `has ${show(value)}, expected true or false`);
}
