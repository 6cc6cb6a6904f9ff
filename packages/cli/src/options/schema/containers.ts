import { isRecord } from '../read-object.ts';
import { Mismatch, type Read, type Schema, throwMismatch, type ValuePath } from './schema.ts';

/** A list of `min` to `max` items. */
export function list<T>(item: Schema<T>, min: number, max: number): Schema<readonly T[]> {
  const expected = min === 0 ? `a list of at most ${max}` : `a list of ${min} to ${max}`;
  return {
    expected,
    read(value, path) {
      if (!Array.isArray(value) || value.length < min || value.length > max) return throwMismatch(value, expected);
      return value.map((entry: unknown, k) => within(path, k, item, entry));
    },
  };
}

/** A list with one schema per item. */
export function tuple<const S extends readonly Schema<unknown>[]>(
  ...items: S
): Schema<{ readonly [K in keyof S]: Read<S[K]> }> {
  const expected = `a list of ${items.length}`;
  return {
    expected,
    read(value, path) {
      if (!Array.isArray(value) || value.length !== items.length) return throwMismatch(value, expected);
      return items.map((item, k) => within(path, k, item, value[k])) as { [K in keyof S]: Read<S[K]> };
    },
  };
}

/** An object with these keys; others are dropped. */
export function record<const S extends Readonly<Record<string, Schema<unknown>>>>(
  fields: S,
): Schema<{ readonly [K in keyof S]: Read<S[K]> }> {
  const entries = Object.entries(fields);
  const expected = 'an object';
  return {
    expected,
    read(value, path) {
      if (!isRecord(value)) return throwMismatch(value, expected);
      const read = entries.map(([key, field]) => [key, within(path, key, field, ownProperty(value, key))]);
      return Object.fromEntries(read) as { [K in keyof S]: Read<S[K]> };
    },
  };
}

/** An object of `min` to `max` entries, with any keys that `key` reads. */
export function table<T>(key: Schema<string>, item: Schema<T>, min: number, max: number): Schema<Record<string, T>> {
  const expected = `an object of ${min} to ${max} entries`;
  return {
    expected,
    read(value, path) {
      if (!isRecord(value)) return throwMismatch(value, expected);
      const entries = Object.entries(value);
      if (entries.length < min || entries.length > max) throw new Mismatch(`${entries.length} entries`, expected);
      return Object.fromEntries(
        entries.map(([name, entry]) => {
          key.read(name, path);
          return [name, within(path, name, item, entry)];
        }),
      );
    },
  };
}

/** The value may be absent. */
export const optional = <T>(schema: Schema<T>): Schema<T | undefined> => orElse<T | undefined>(schema, undefined);

/** The value may be absent, and is then this one. */
export const orElse = <T>(schema: Schema<T>, absent: T): Schema<T> => ({
  expected: schema.expected,
  read: (value, path) => (value === undefined ? absent : schema.read(value, path)),
});

/** The value may be null. */
export function nullable<T>(schema: Schema<T>): Schema<T | null> {
  const expected = `${schema.expected}, or null`;
  return {
    expected,
    read(value, path) {
      if (value === null) return null;
      // A wrong kind of value could have been null; what is wrong inside of it could not.
      const depth = path.length;
      try {
        return schema.read(value, path);
      } catch (error) {
        if (error instanceof Mismatch && path.length === depth) throw new Mismatch(error.has, expected);
        throw error;
      }
    },
  };
}

/** One of several kinds of value, such as a number or text. */
export function either<const S extends readonly Schema<unknown>[]>(...schemas: S): Schema<Read<S[number]>> {
  const expected = schemas.map((schema) => schema.expected).join(', or ');
  return {
    expected,
    read(value, path) {
      const depth = path.length;
      for (const schema of schemas) {
        try {
          return schema.read(value, path) as Read<S[number]>;
        } catch (error) {
          if (!(error instanceof Mismatch)) throw error;
          path.length = depth;
        }
      }
      return throwMismatch(value, expected);
    },
  };
}

/** An object of one of several kinds, distinguished by the text at one key. */
export function variant<const S extends Readonly<Record<string, Schema<unknown>>>>(
  key: string,
  kinds: S,
): Schema<Read<S[keyof S]>> {
  const names = Object.keys(kinds).map((name) => JSON.stringify(name));
  return {
    expected: 'an object',
    read(value, path) {
      if (!isRecord(value)) return throwMismatch(value, 'an object');
      const kind = ownProperty(value, key);
      if (typeof kind === 'string' && Object.hasOwn(kinds, kind))
        return kinds[kind].read(value, path) as Read<S[keyof S]>;
      path.push(key);
      return throwMismatch(kind, names.join(' or '));
    },
  };
}

/** A value with a further condition: `check` calls `fail`. */
export function refined<T>(schema: Schema<T>, check: (value: T, fail: Fail) => void): Schema<T> {
  return {
    expected: schema.expected,
    read(value, path) {
      const read = schema.read(value, path);
      check(read, (innerPath, has, expected) => {
        path.push(...innerPath);
        throw new Mismatch(has, expected);
      });
      return read;
    },
  };
}

/** Refuses a part of the checked value. */
export type Fail = (innerPath: ValuePath, has: string, expected: string) => never;

function within<T>(path: ValuePath, key: string | number, schema: Schema<T>, value: unknown): T {
  path.push(key);
  const read = schema.read(value, path);
  path.pop();
  return read;
}

/** Only own keys: inherited ones do not count. */
const ownProperty = (value: Readonly<Record<string, unknown>>, key: string): unknown =>
  Object.hasOwn(value, key) ? value[key] : undefined;

/** An object with any contents. */
export const anyObject: Schema<Record<string, unknown>> = {
  expected: 'an object',
  read: (value) => (isRecord(value) ? value : throwMismatch(value, 'an object')),
};

/** Any JSON up to a depth that recursion can handle. */
export function json(levels: number): Schema<unknown> {
  const expected = `JSON of at most ${levels} levels`;
  return { expected, read: (value) => (isWithin(value, levels) ? value : throwMismatch(value, expected)) };
}

const isWithin = (value: unknown, levels: number): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((entry) => isWithin(entry, levels - 1)));
