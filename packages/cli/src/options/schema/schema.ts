import { show } from '@gradloom/core/internal';

/** A schema for a value of a file. Types of documents are derived from schemas. */
export interface Schema<T> {
  readonly expected: string; // 'a whole number from 1 to 512'
  /** The typed value, without unknown keys. @throws Mismatch for anything else. */
  read(value: unknown, path: ValuePath): T;
}

/** The type of what a schema reads. */
export type Read<S> = S extends Schema<infer T> ? T : never;

/** Keys and numbers of items from the root of the document to the value that is being read. */
export type ValuePath = (string | number)[];

/** A value that does not fit its schema, at the place given to `read`. */
export class Mismatch extends Error {
  readonly has: string;
  readonly expected: string;

  constructor(has: string, expected: string) {
    super(`has ${has}, expected ${expected}`);
    this.has = has;
    this.expected = expected;
  }
}

/** Reads a value with a schema. @throws Error with `where`, the place, and both sides, in one sentence. */
export function readAs<T>(schema: Schema<T>, value: unknown, where: string): T {
  const path: ValuePath = [];
  try {
    return schema.read(value, path);
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    const atPath = path.length === 0 ? '' : ` at ${path.map(keyText).join('.')}`;
    throw new Error(`${where}${atPath} ${error.message}`, { cause: error });
  }
}

/** @throws Mismatch. */
export function throwMismatch(value: unknown, expected: string): never {
  throw new Mismatch(describeValue(value), expected);
}

/** The value if it is short, else its kind. */
function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return show(typeof value === 'string' ? value.slice(0, 100) : value);
}

const keyText = (key: string | number): string => (/^[\w-]+$/.test(String(key)) ? String(key).slice(0, 60) : show(key));
