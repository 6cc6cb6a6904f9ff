import { number } from './check.ts';
import { OptionError } from './option-error.ts';
import { show } from './show.ts';

/** Returns the value if it is a finite number of at least 0. @throws OptionError otherwise. */
export const nonNegative = (where: string, name: string, value: unknown): number =>
  number(where, name, value, 'of at least 0', (x) => x >= 0);

/** Returns the value if it is a finite number above 0. @throws OptionError otherwise. */
export const positive = (where: string, name: string, value: unknown): number =>
  number(where, name, value, '> 0', (x) => x > 0);

/** Returns the value if it is a number in [0, 1). @throws OptionError otherwise. */
export const fraction = (where: string, name: string, value: unknown): number =>
  number(where, name, value, 'in [0, 1)', (x) => x >= 0 && x < 1);

/** Returns the value if it is an integer from 0 to 2⁵³ - 1. @throws OptionError otherwise. */
export const count = (where: string, name: string, value: unknown): number =>
  number(where, name, value, 'that is whole and at least 0', (x) => Number.isSafeInteger(x) && x >= 0);

/** Returns the value if it is true or false. @throws OptionError otherwise. */
export function flag(where: string, name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new OptionError(where, name, `has ${show(value)}, expected true or false`);
}
