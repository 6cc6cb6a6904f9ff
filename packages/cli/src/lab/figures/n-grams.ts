import { math, type Pausable } from '@gradloom/core';
import { ofText } from '@gradloom/core/internal';
import type { DataArray, DataSplits, Dataset } from '@gradloom/runtime';
import { storedPieces } from '@gradloom/runtime/internal';

/** The losses of counting: what a model of text has to beat. */
export interface NGrams {
  readonly unit: string; // name of the tokens in plural
  readonly unigram: number; // nats per token of the validation text, from how often each token occurs
  readonly bigram: number; // from how often each follows the one before it; NaN if the pairs are too many to count
}

/** Names of tokens, by tokenizer. */
const UNITS = {
  characters: 'letters',
  bytes: 'bytes',
  words: 'words',
  gpt2: 'tokens',
  bpe: 'tokens',
  huggingface: 'tokens',
} as const;

/** The unit that a tokenizer cuts a text into; null for data without one. */
export function tokenUnit({ preprocessing }: Dataset): 'character' | 'byte' | 'token' | null {
  const kind = ofText(preprocessing)?.text.tokenizer.kind;
  if (kind === undefined) return null;
  return kind === 'characters' ? 'character' : kind === 'bytes' ? 'byte' : 'token';
}

/** Maximum number of counts of pairs in one array: 64 MB. */
const MAX_COUNTS = 2 ** 24;
/** Maximum number of tokens whose pairs are counted in a map, which takes 100 bytes for each different pair. */
const MAX_MAPPED = 10_000_000;

/**
 * The losses on the validation text of models that count in the training text: p(c) = (count(c) + 1/2) / (tokens +
 * V/2), and p(c | b) = (count(b, c) + p(c)) / (count(b) + 1). Null without a validation text.
 */
export function* countNGrams({ train, validation }: DataSplits): Pausable<NGrams | null> {
  const kind = ofText(train.preprocessing)?.text.tokenizer.kind;
  const isCounted = [train, validation].every((set) => set === undefined || isPaired(set));
  if (kind === undefined || validation === undefined || !isCounted) return null;
  return { unit: UNITS[kind], ...(yield* lossesOf(train, validation)) };
}

/** Whether there is a target for each input. */
const isPaired = ({ inputs, targets }: Dataset): boolean => inputs.columns === targets.columns;

function* lossesOf(train: Dataset, validation: Dataset): Pausable<Pick<NGrams, 'unigram' | 'bigram'>> {
  const V = train.classes ?? 0;
  const counts = new Float64Array(V); // [V]
  const followedCounts = new Float64Array(V); // [V] how often a token has another after it
  const pairs = pairCounts(V, train.rows * train.targets.columns);
  let tokens = 0;
  for (const [x, t] of pairsOf(train)) {
    for (let i = 0; i < t.length; i++) {
      if (t[i] < 0) continue;
      counts[t[i]]++;
      followedCounts[x[i]]++;
      pairs?.add(x[i] * V + t[i]);
      tokens++;
    }
    yield;
  }
  const unigramP = counts.map((count) => (count + 0.5) / (tokens + V / 2));
  let [unigram, bigram, measuredTokens] = [0, 0, 0];
  for (const [x, t] of pairsOf(validation)) {
    for (let i = 0; i < t.length; i++) {
      if (t[i] < 0) continue;
      const [b, c] = [x[i], t[i]];
      unigram -= math.log(unigramP[c]);
      bigram -= math.log(((pairs?.read(b * V + c) ?? Number.NaN) + unigramP[c]) / (followedCounts[b] + 1));
      measuredTokens++;
    }
    yield;
  }
  return { unigram: unigram / measuredTokens, bigram: bigram / measuredTokens };
}

/** The tokens of a set, and the tokens that follow them; a -1 among these is not counted. */
function* pairsOf({ inputs, targets, rows, starts }: Dataset): Generator<[DataArray, DataArray]> {
  const followers = storedPieces(targets, rows, starts);
  for (const piece of storedPieces(inputs, rows, starts)) yield [piece, followers.next().value];
}

/** Counts by key; null if there may be too many. */
function pairCounts(V: number, tokens: number): { add(key: number): void; read(key: number): number } | null {
  if (V * V <= MAX_COUNTS) {
    const counts = new Uint32Array(V * V);
    return { add: (key) => void counts[key]++, read: (key) => counts[key] };
  }
  if (tokens > MAX_MAPPED) return null;
  const counts = new Map<number, number>();
  return { add: (key) => void counts.set(key, (counts.get(key) ?? 0) + 1), read: (key) => counts.get(key) ?? 0 };
}
