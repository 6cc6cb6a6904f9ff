import { show } from '@gradloom/core/internal';

/** What a value of a file has to be. Types of documents are those that their schemas read. */
export interface Schema<T> {
  readonly expected: string; // 'a whole number from 1 to 512'
  /** The value, typed; what the schema does not name is left out. @throws Mismatch where it is anything else. */
  read(value: unknown, place: Place): T;
}

/** The type of what a schema reads. */
export type Read<S> = S extends Schema<infer T> ? T : never;

/** Keys and numbers of items from the root of the document to the value that is being read. */
export type Place = (string | number)[];

/** A value that is not what its schema expects; the place that was handed to `read` is where it stands. */
export class Mismatch extends Error {
  readonly has: string;
  readonly expected: string;

  constructor(has: string, expected: string) {
    super(`has ${has}, expected ${expected}`);
    this.has = has;
    this.expected = expected;
  }
}

/**
 * The value as the schema reads it.
 * @throws Error of one sentence, which names `where`, the place in it, and both sides.
 */
export function readAs<T>(schema: Schema<T>, value: unknown, where: string): T {
  const place: Place = [];
  try {
    return schema.read(value, place);
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    const at = place.length === 0 ? '' : ` at ${place.map(keyText).join('.')}`;
    throw new Error(`${where}${at} ${error.message}`, { cause: error });
  }
}

/** @throws Mismatch of a value that is not what a schema expects. */
export function refuse(value: unknown, expected: string): never {
  throw new Mismatch(found(value), expected);
}

/** The value itself where it is short, else what kind of value it is. */
function found(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return show(typeof value === 'string' ? value.slice(0, 100) : value);
}

const keyText = (key: string | number): string => (/^[\w-]+$/.test(String(key)) ? String(key).slice(0, 60) : show(key));
