import type { Json } from '@gradloom/core';

/** A difference of two values, as `inspect --diff --json` prints it. */
export interface Difference {
  readonly path: string; // such as 'layers[2].out'; '' if the values themselves differ
  readonly own: Json | undefined; // undefined if missing
  readonly other: Json | undefined;
}

/** All differences of two JSON values, as deep as both have the same structure. The order of keys is ignored. */
export function differences(value: Json | undefined, other: Json | undefined, path = ''): Difference[] {
  if (Object.is(value, other)) return [];
  if (!isNested(value) || !isNested(other) || Array.isArray(value) !== Array.isArray(other))
    return [{ path, own: value, other }];
  if (Array.isArray(value) && Array.isArray(other)) {
    const length = Math.max(value.length, other.length);
    return Array.from({ length }, (_, i) => differences(value[i], other[i], `${path}[${i}]`)).flat();
  }
  const [entries, otherEntries] = [new Map(Object.entries(value)), new Map(Object.entries(other))];
  return [...new Set([...entries.keys(), ...otherEntries.keys()])].flatMap((key) =>
    differences(entries.get(key), otherEntries.get(key), path === '' ? key : `${path}.${key}`),
  );
}

const isNested = (value: Json | undefined): value is Exclude<Json, null | boolean | number | string> =>
  typeof value === 'object' && value !== null;
