import type { Json } from '@gradloom/core';

/** One place at which two values differ. */
export interface Difference {
  readonly path: string; // 'layers[2].out'; '' where the values themselves differ
  readonly own: Json | undefined; // undefined where it is not there
  readonly other: Json | undefined;
}

/**
 * Every place at which two values of JSON differ, as deep as both have the same structure; the order of keys does not
 * matter.
 */
export function differences(own: Json | undefined, other: Json | undefined, path = ''): Difference[] {
  if (Object.is(own, other)) return [];
  if (!isNested(own) || !isNested(other) || Array.isArray(own) !== Array.isArray(other)) return [{ path, own, other }];
  if (Array.isArray(own) && Array.isArray(other)) {
    const length = Math.max(own.length, other.length);
    return Array.from({ length }, (_, i) => differences(own[i], other[i], `${path}[${i}]`)).flat();
  }
  const [mine, theirs] = [new Map(Object.entries(own)), new Map(Object.entries(other))];
  return [...new Set([...mine.keys(), ...theirs.keys()])].flatMap((key) =>
    differences(mine.get(key), theirs.get(key), path === '' ? key : `${path}.${key}`),
  );
}

const isNested = (value: Json | undefined): value is Exclude<Json, null | boolean | number | string> =>
  typeof value === 'object' && value !== null;
