/**
 * How an argument stands on the tape, and what it is to a kernel. Offsets count bytes from the start of the memory.
 *
 * - `array`: the offset of an array, which may lie outside of the memory, behind or before it. It is a double:
 *   JavaScript writes that in one store, and has no integers of 64 bits beside BigInts, each of which would be garbage.
 * - `far`: a stride that may have 4 GiB and more, likewise a double.
 * - `answer`: 64 bits that the kernel writes.
 * - `scratch`: the offset, in a word of 32 bits, of something that lies in the memory.
 * - `stride`: bytes, a word.
 * - `count`: a word.
 */
export type ArgumentKind = 'array' | 'far' | 'answer' | 'scratch' | 'stride' | 'count';

const TWO_WORDS: readonly ArgumentKind[] = ['array', 'far', 'answer'];

export type Argument = readonly [name: string, kind: ArgumentKind];

/** The arguments of a kernel's calls: what `CallTape.write` takes in this order and the kernel finds by name. */
export interface ArgumentTable<T extends readonly Argument[] = readonly Argument[]> {
  readonly list: T;
  readonly pairs: number; // how many take two words: these come first
}

/** A number for each argument. */
export type ArgumentValues<T extends readonly Argument[]> = { readonly [K in keyof T]: number };

/** Arguments of a call at most. */
export const MOST_ARGUMENTS = 19;
/** Arguments of two words at most. */
export const MOST_PAIRS = 5;
/** Words before the arguments: where the kernel begins in the code, and one that keeps arrays on 8 bytes. */
const HEAD = 2;
/** Words of a call. */
export const CALL_WORDS = HEAD + MOST_ARGUMENTS + MOST_PAIRS;

export function defineArguments<const T extends readonly Argument[]>(...list: T): ArgumentTable<T> {
  const isPair = list.map(([, kind]) => TWO_WORDS.includes(kind));
  const pairs = isPair.filter(Boolean).length;
  if (isPair.lastIndexOf(true) >= pairs) throw new Error('defineArguments: arguments of two words come first');
  if (list.length > MOST_ARGUMENTS || pairs > MOST_PAIRS) throw new Error('defineArguments: too many arguments');
  return { list, pairs };
}

/** The first word of a call's argument number k. */
export const placeOf = (k: number, pairs: number): number => HEAD + k + (k < pairs ? k : pairs);
