import { isRecord } from '../read-object.ts';
import { refuse, type Schema } from './schema.ts';

/** An object with any contents. */
export const anyObject: Schema<Record<string, unknown>> = {
  expected: 'an object',
  read: (value) => (isRecord(value) ? value : refuse(value, 'an object')),
};

/** Any JSON up to a depth that recursion can handle. */
export function json(levels: number): Schema<unknown> {
  const expected = `JSON of at most ${levels} levels`;
  return { expected, read: (value) => (isWithin(value, levels) ? value : refuse(value, expected)) };
}

const isWithin = (value: unknown, levels: number): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((one) => isWithin(one, levels - 1)));
