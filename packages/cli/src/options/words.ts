import { show, suggest } from '@gradloom/core/internal';
import type { Kind } from './option.ts';

/** One of a table's own keys. */
export const keyOf = <T extends object>(table: T): Kind<keyof T & string> => ({
  parse: (name, raw) => knownKey(name, raw, table),
  choices: Object.keys(table),
});

/** Text of at least one character. */
export const text = (wanted: string): Kind<string> => ({
  parse(name, raw) {
    if (typeof raw === 'string' && raw !== '') return raw;
    throw new Error(`${name} has ${show(raw)}, expected ${wanted}`);
  },
});

/** A flag that stands alone; in a config file, true or false. */
export const toggle: Kind<boolean> = {
  parse(name, raw) {
    if (typeof raw === 'boolean') return raw;
    throw new Error(`${name} has ${show(raw)}, expected true or false`);
  },
  takesNothing: true,
};

/** The value, if it is one of the table's own keys. @throws Error with the nearest key otherwise. */
export function knownKey<T extends object>(name: string, raw: unknown, table: T): keyof T & string {
  if (isKey(table, raw)) return raw;
  const known = Object.keys(table);
  throw new Error(`${name} has ${show(raw)}, expected one of ${known.join(', ')}${suggest(raw, known)}`);
}

const isKey = <T extends object>(table: T, raw: unknown): raw is keyof T & string =>
  typeof raw === 'string' && Object.hasOwn(table, raw);

export const camelCase = (word: string): string => word.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
export const kebabCase = (word: string): string => word.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
