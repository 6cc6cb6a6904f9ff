/**
 * What an argument is to a kernel. On the tape each is a double: JavaScript writes an address beyond 32 bits in one
 * store only so, since it has no integers of 64 bits beside BigInts, each of which would be garbage; and a writer that
 * need not ask what it writes is small enough for V8 to inline.
 *
 * - `array`: an offset in bytes from the start of the memory. The array may lie outside, behind or before it.
 * - `stride`: bytes.
 * - `count`: below 2³².
 * - `answer`: 64 bits that the kernel writes there, a whole number.
 */
export type ArgumentKind = 'array' | 'stride' | 'count' | 'answer';

export type Argument = readonly [name: string, kind: ArgumentKind];

/** The arguments of a kernel's calls: what `CallTape.write` takes in this order and the kernel finds by name. */
export type ArgumentTable = readonly Argument[];

/** A number for each argument. */
export type ArgumentValues<T extends ArgumentTable> = { readonly [K in keyof T]: number };

/** Arguments of a call at most. */
export const MOST_ARGUMENTS = 20;
/** Doubles of a call: where its kernel begins in the code, and its arguments. */
export const CALL_DOUBLES = 1 + MOST_ARGUMENTS;

export function defineArguments<const T extends ArgumentTable>(...table: T): T {
  if (table.length > MOST_ARGUMENTS) {
    throw new Error(`defineArguments: table has ${table.length} arguments, expected at most ${MOST_ARGUMENTS}`);
  }
  return table;
}
