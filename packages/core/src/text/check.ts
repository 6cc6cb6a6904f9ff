import { nearest } from './nearest.ts';

/** The value, if it is a number for which `ok` holds. @throws Error "<where>: <name> has <value>, expected a number <wanted>". */
export function number(
  where: string,
  name: string,
  value: unknown,
  wanted: string,
  ok: (value: number) => boolean,
): number {
  if (typeof value === 'number' && Number.isFinite(value) && ok(value)) return value;
  throw new Error(`${where}: ${name} has ${show(value)}, expected a number${wanted === '' ? '' : ` ${wanted}`}`);
}

/** The value, if it is a finite number. @throws Error otherwise. */
export const finite = (where: string, name: string, value: unknown): number =>
  number(where, name, value, '', () => true);

/** The value, if it is a whole number from 1 to 2⁵³ - 1. @throws Error otherwise. */
export function positiveInteger(where: string, name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw new Error(`${where}: ${name} has ${show(value)}, expected a whole number of at least 1`);
}

/** The value, if it is one of the table's own keys. @throws Error with the nearest key otherwise. */
export function oneOf<T extends object>(where: string, name: string, value: unknown, table: T): keyof T & string {
  if (typeof value === 'string' && Object.hasOwn(table, value)) return value as keyof T & string;
  const known = Object.keys(table);
  const close = typeof value === 'string' ? nearest(value, known) : undefined;
  const hint = close === undefined ? '' : ` (did you mean ${close}?)`;
  throw new Error(`${where}: ${name} has ${show(value)}, expected one of ${known.join(', ')}${hint}`);
}

/** @throws Error if `options` is no plain object or has a key that is not in `known`. */
export function onlyKeys(where: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new Error(`${where}: options have ${show(options)}, expected an object`);
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const close = nearest(key, known);
    const hint = close === undefined ? '' : ` (did you mean ${close}?)`;
    throw new Error(`${where}: option ${show(key)} is unknown, expected ${known.join(', ')}${hint}`);
  }
}

/** A value as an error message shows it: JSON where it is any, cut at 60 characters. Never throws. */
export function show(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (json(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Undefined for a function, a symbol or undefined itself. A bigint and an object in a circle have no JSON: their type stands for them. */
function json(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return `a value of type ${typeof value}`;
  }
}
