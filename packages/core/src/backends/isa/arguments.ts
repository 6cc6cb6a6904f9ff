/**
 * Kind of a kernel argument. Every argument is a double on the tape: JavaScript has no 64-bit integers other than
 * BigInts, which would be garbage, so a double is the only way to write a large address in one store. And a writer that
 * treats all kinds alike is small enough for V8 to inline.
 *
 * - `array`: an offset in bytes from the start of the memory, negative or past its end for an array outside of it.
 * - `stride`: a distance in bytes.
 * - `count`: an integer below 2³².
 * - `number`: any double.
 * - `answer`: a 64-bit integer that the kernel writes.
 */
export type ArgumentKind = 'array' | 'stride' | 'count' | 'number' | 'answer';

export type Argument = readonly [name: string, kind: ArgumentKind];

/** The arguments of a kernel. `CallTape.write` takes them in this order; the kernel finds them by name. */
export type ArgumentTable = readonly Argument[];

export type ArgumentValues<T extends ArgumentTable> = { readonly [K in keyof T]: number };

/** Maximum number of arguments of a call. */
export const MAX_ARGUMENTS = 20;
/** Doubles of a call: the offset of its kernel in the code, and its arguments. */
export const CALL_DOUBLES = 1 + MAX_ARGUMENTS;

export function defineArguments<const T extends ArgumentTable>(...table: T): T {
  if (table.length > MAX_ARGUMENTS) {
    throw new Error(`defineArguments: table has ${table.length} arguments, expected at most ${MAX_ARGUMENTS}`);
  }
  return table;
}
