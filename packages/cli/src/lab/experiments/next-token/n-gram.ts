import { math } from '@gradloom/core';
import { END, encode, SYMBOLS } from './alphabet.ts';

/** Added to every count, so that unseen symbols have a chance too; 1/2 is the estimator of Krichevsky and Trofimov. */
const ADDED = 0.5;

/**
 * Nats per character of a model that counts in `train` what follows the n - 1 symbols before, measured on `words`: p(c
 * | before) = (count(before, c) + 1/2) / (count(before) + V/2). [Jurafsky & Martin, ch.
 * 3](https://web.stanford.edu/~jurafsky/slp3/3.pdf)
 */
export function nGramLoss(n: number, train: readonly string[], words: readonly string[]): number {
  const counts = new Float64Array(SYMBOLS ** n); // [V, ..., V]
  const totals = new Float64Array(SYMBOLS ** (n - 1));
  for (const word of train) {
    eachGram(word, n, (before, symbol) => {
      counts[before * SYMBOLS + symbol]++;
      totals[before]++;
    });
  }
  let loss = 0;
  let characters = 0;
  for (const word of words) {
    eachGram(word, n, (before, symbol) => {
      loss -= math.log((counts[before * SYMBOLS + symbol] + ADDED) / (totals[before] + ADDED * SYMBOLS));
      characters++;
    });
  }
  return loss / characters;
}

/** Each symbol of a word, and the n - 1 before it as one number. */
function eachGram(word: string, n: number, visit: (before: number, symbol: number) => void): void {
  const contexts = SYMBOLS ** (n - 1);
  let before = END;
  for (const symbol of encode(word)) {
    visit(before, symbol);
    before = (before * SYMBOLS + symbol) % contexts;
  }
}
