import { show, showName } from '../../checks/show.ts';

/** A JSON value of a file header: data, never code. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Levels of nesting, at most. A spec needs four. */
const MAX_DEPTH = 64;

/** Maximum number of values: megabytes of tiny ones are rejected. A preprocessing of 10,000 columns has 70,000. */
export const MAX_VALUES = 1 << 17;

/**
 * A plain copy of `value`, which errors call `name`. Objects may be Maps with string keys; undefined properties are
 * dropped.
 * @throws Error naming the place of anything else: a function, an instance of a class, the key `__proto__`.
 */
export const plainJson = (value: unknown, name = 'header'): Json => copy(value, name, 0, { name, left: MAX_VALUES });

function copy(value: unknown, path: string, depth: number, budget: { readonly name: string; left: number }): Json {
  if (budget.left-- === 0) throw new Error(`${budget.name} has more values than ${MAX_VALUES}, expected fewer`);
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value;
  if (depth === MAX_DEPTH) throw new Error(`${showName(path)} has more levels than ${MAX_DEPTH}, expected fewer`);
  if (Array.isArray(value)) return Array.from(value, (entry, i) => copy(entry, `${path}[${i}]`, depth + 1, budget));
  const entries = entriesOf(value);
  if (entries === undefined) throw new Error(`${showName(path)} has ${describe(value)}, expected JSON`);
  const plain: Record<string, Json> = {};
  for (const [key, entry] of entries) {
    if (typeof key !== 'string' || key === '__proto__') {
      throw new Error(`${showName(path)} has the key ${show(key)}, expected a string other than __proto__`);
    }
    if (entry !== undefined) plain[key] = copy(entry, `${path}.${key}`, depth + 1, budget);
  }
  return plain;
}

export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function entriesOf(value: unknown): Iterable<[unknown, unknown]> | undefined {
  if (value instanceof Map) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? Object.entries(value) : undefined;
}

const describe = (value: unknown): string =>
  typeof value === 'object'
    ? `a ${showName(String(value?.constructor?.name ?? 'value'))}`
    : `a value of type ${typeof value}`;
