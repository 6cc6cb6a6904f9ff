import type { Dataset } from '@gradloom/runtime';
import { END, encode, SYMBOLS } from './alphabet.ts';

/**
 * A row for each character of each word, its end too: the K symbols before it, and the symbol. Bytes in shared memory.
 */
export function wordRows(name: string, words: readonly string[], K: number): Dataset {
  const rows = words.reduce((sum, word) => sum + word.length + 1, 0);
  const contexts = new Uint8Array(new SharedArrayBuffer(rows * K)); // [rows, K]
  const next = new Uint8Array(new SharedArrayBuffer(rows)); // [rows]
  let row = 0;
  for (const word of words) {
    const context = new Uint8Array(K).fill(END);
    for (const symbol of encode(word)) {
      contexts.set(context, row * K);
      next[row++] = symbol;
      context.copyWithin(0, 1);
      context[K - 1] = symbol;
    }
  }
  return {
    name,
    rows,
    inputs: { array: contexts, columns: K, divisor: 1 },
    targets: { array: next, columns: 1, divisor: 1 },
    classes: SYMBOLS,
  };
}
