import { OptionError, unknownOption } from './option-error.ts';
import { has, show } from './show.ts';

/** Returns the value if it is an object and not a list. @throws OptionError with `expected` otherwise. */
export function checkObject<T>(where: string, name: string, value: T, expected: string): T & object {
  if (isPromise(value)) throw new OptionError(where, name, `has a promise, expected ${expected} (await it first)`);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new OptionError(where, name, `${has(value)}, expected ${expected}`);
}

/** A promise, also that of a training run, means a forgotten await. JSON would show it as {}. */
const isPromise = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';

/** Returns the value if it is a list. @throws OptionError otherwise. */
export function checkList<T>(where: string, name: string, value: readonly T[], expected: string): readonly T[] {
  if (Array.isArray(value)) return value;
  throw new OptionError(where, name, `${has(value)}, expected ${expected}`);
}

/** Returns the value if it is an array of an element type. @throws OptionError otherwise. */
export function checkElements(where: string, name: string, value: unknown): Float64Array | Float32Array {
  if (value instanceof Float64Array || value instanceof Float32Array) return value;
  throw new OptionError(where, name, `${has(value)}, expected a Float64Array or a Float32Array`);
}

/** @throws Error if `options` is not an object, OptionError if it has a key that is not in `known`. */
export function checkKeys(where: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new Error(`${where}: options have ${show(options)}, expected an object`);
  }
  // Not Object.keys, which allocates memory.
  for (const key in options) {
    if (!known.includes(key)) throw unknownOption(where, key, known);
  }
}
