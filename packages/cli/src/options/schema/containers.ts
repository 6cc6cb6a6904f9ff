import { isRecord } from '../read-object.ts';
import { Mismatch, type Place, type Read, refuse, type Schema } from './schema.ts';

/** At least `least` and at most `most` of them. */
export function list<T>(item: Schema<T>, most: number, least = 0): Schema<readonly T[]> {
  const expected = least === 0 ? `a list of at most ${most}` : `a list of ${least} to ${most}`;
  return {
    expected,
    read(value, place) {
      if (!Array.isArray(value) || value.length < least || value.length > most) return refuse(value, expected);
      return value.map((one: unknown, k) => within(place, k, item, one));
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
    read(value, place) {
      if (!Array.isArray(value) || value.length !== items.length) return refuse(value, expected);
      return items.map((item, k) => within(place, k, item, value[k])) as { [K in keyof S]: Read<S[K]> };
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
    read(value, place) {
      if (!isRecord(value)) return refuse(value, expected);
      const read = entries.map(([key, field]) => [key, within(place, key, field, ownOf(value, key))]);
      return Object.fromEntries(read) as { [K in keyof S]: Read<S[K]> };
    },
  };
}

/** An object with any keys that `key` reads. */
export function table<T>(key: Schema<string>, item: Schema<T>, most: number, least = 0): Schema<Record<string, T>> {
  const expected = `an object of ${least} to ${most} entries`;
  return {
    expected,
    read(value, place) {
      if (!isRecord(value)) return refuse(value, expected);
      const entries = Object.entries(value);
      if (entries.length < least || entries.length > most) throw new Mismatch(`${entries.length} entries`, expected);
      return Object.fromEntries(
        entries.map(([name, one]) => {
          key.read(name, place);
          return [name, within(place, name, item, one)];
        }),
      );
    },
  };
}

/** The value may be absent. */
export const optional = <T>(schema: Schema<T>): Schema<T | undefined> => ({
  expected: schema.expected,
  read: (value, place) => (value === undefined ? undefined : schema.read(value, place)),
});

/** The value may be absent, and is then this one. */
export const orElse = <T>(schema: Schema<T>, absent: T): Schema<T> => ({
  expected: schema.expected,
  read: (value, place) => (value === undefined ? absent : schema.read(value, place)),
});

/** The value may be null. */
export function nullable<T>(schema: Schema<T>): Schema<T | null> {
  const expected = `${schema.expected}, or null`;
  return {
    expected,
    read(value, place) {
      if (value === null) return null;
      // A wrong kind of value could have been null; what is wrong inside of it could not.
      const depth = place.length;
      try {
        return schema.read(value, place);
      } catch (error) {
        if (error instanceof Mismatch && place.length === depth) throw new Mismatch(error.has, expected);
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
    read(value, place) {
      const depth = place.length;
      for (const schema of schemas) {
        try {
          return schema.read(value, place) as Read<S[number]>;
        } catch (error) {
          if (!(error instanceof Mismatch)) throw error;
          place.length = depth;
        }
      }
      return refuse(value, expected);
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
    read(value, place) {
      if (!isRecord(value)) return refuse(value, 'an object');
      const kind = ownOf(value, key);
      if (typeof kind === 'string' && Object.hasOwn(kinds, kind))
        return kinds[kind].read(value, place) as Read<S[keyof S]>;
      place.push(key);
      return refuse(kind, names.join(' or '));
    },
  };
}

/** A value with a further condition: `check` calls `fail`. */
export function agreeing<T>(schema: Schema<T>, check: (value: T, fail: Fail) => void): Schema<T> {
  return {
    expected: schema.expected,
    read(value, place) {
      const read = schema.read(value, place);
      check(read, (at, has, expected) => {
        place.push(...at);
        throw new Mismatch(has, expected);
      });
      return read;
    },
  };
}

/** Refuses the value at a place below. */
export type Fail = (at: Place, has: string, expected: string) => never;

function within<T>(place: Place, key: string | number, schema: Schema<T>, value: unknown): T {
  place.push(key);
  const read = schema.read(value, place);
  place.pop();
  return read;
}

/** Only own keys: inherited ones do not count. */
const ownOf = (value: Readonly<Record<string, unknown>>, key: string): unknown =>
  Object.hasOwn(value, key) ? value[key] : undefined;
