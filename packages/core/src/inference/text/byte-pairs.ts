import { show } from '../../checks/show.ts';
import { TextError } from './text-error.ts';
import type { Tokenizer } from './tokenizer-spec.ts';

/** Ranks of sequences of bytes, each written as a text with a character (U+0000 to U+00FF) for each byte. */
export type ByteRanks = ReadonlyMap<string, number>;

/**
 * The tokens of a piece of text by byte pairs: of all neighbours whose union has a rank, those with the lowest are
 * joined, the first of equals, until none are left. A heap has the pairs, so n bytes take n log n steps.
 * [Sennrich, Haddow, Birch 2016](https://arxiv.org/abs/1508.07909)
 */
export function bytePairs(bytes: string, ranks: ByteRanks): number[] {
  const wholeRank = ranks.get(bytes);
  if (wholeRank !== undefined) return [wholeRank];
  const n = bytes.length;
  const ends = Int32Array.from({ length: n }, (_, i) => i + 1); // end of the part that starts at i; 0 if it was joined
  const previousStarts = Int32Array.from({ length: n }, (_, i) => i - 1); // start of the part before the one at i
  const heap: number[] = []; // rank · n + start of each pair, also of some that have changed since
  for (let i = 0; i < n; i++) pushPair(i);
  while (heap.length > 0) {
    const pair = popLeast(heap);
    const start = pair % n;
    if (ends[start] === 0 || rankAt(start) !== Math.floor(pair / n)) continue;
    const middle = ends[start];
    const end = ends[middle];
    ends[start] = end;
    ends[middle] = 0;
    if (end < n) previousStarts[end] = start;
    pushPair(start);
    if (start > 0) pushPair(previousStarts[start]);
  }
  const tokens: number[] = [];
  for (let i = 0; i < n; i = ends[i]) tokens.push(ranks.get(bytes.slice(i, ends[i])) ?? 0);
  return tokens;

  /** Rank of the part at `start` joined with the next one. */
  function rankAt(start: number): number | undefined {
    const middle = ends[start];
    return middle === n ? undefined : ranks.get(bytes.slice(start, ends[middle]));
  }

  /** Puts the pair of the part at `start` and the next one on the heap, if their union has a rank. */
  function pushPair(start: number): void {
    const rank = rankAt(start);
    if (rank !== undefined) push(heap, rank * n + start);
  }
}

/** The tokens that are a byte, in the order of their numbers. */
export const singleBytes: readonly string[] = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));

/** GPT-2's pieces of a text, across whose borders no bytes are joined. */
const PIECES = /'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** The pieces of a text into which GPT-2 cuts it, each as bytes of UTF-8. Joined, they are the text. */
export function* bytePiecesOf(text: string, pieces = PIECES): Generator<string> {
  for (const [piece] of text.matchAll(pieces)) {
    let bytes = '';
    for (const byte of utf8.encode(piece)) bytes += singleBytes[byte];
    yield bytes;
  }
}

const utf8 = new TextEncoder();

/** Pieces whose tokens are kept: texts repeat most of their words. */
const KEPT_PIECES = 1 << 16;

/** A tokenizer of byte pairs: `tokens` are all that it decodes, and `ranks` has those that bytes are joined to. */
export function createBytePairTokenizer(
  spec: Tokenizer['spec'],
  tokens: readonly string[],
  ranks: ByteRanks,
  pieces = PIECES,
): Tokenizer {
  const known = new Map<string, number[]>();
  return {
    spec,
    size: tokens.length,
    encode(text) {
      const tokens: number[] = [];
      for (const bytes of bytePiecesOf(text, pieces)) {
        const pieceTokens = known.get(bytes) ?? bytePairs(bytes, ranks);
        if (known.size === KEPT_PIECES) known.clear();
        known.set(bytes, pieceTokens);
        for (const token of pieceTokens) tokens.push(token);
      }
      return Uint32Array.from(tokens);
    },
    decode(encoded) {
      const parts = Array.from(encoded, (token, at) => {
        if (tokens[token] !== undefined) return tokens[token];
        throw new TextError(at, `the token ${show(token)}`, `a whole number from 0 to ${tokens.length - 1}`);
      });
      const bytes = Uint8Array.from(parts.join(''), (byte) => byte.charCodeAt(0));
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    },
  };
}

/** Adds a number to a binary heap. */
export function push(heap: number[], value: number): void {
  let slot = heap.length;
  for (let parent = (slot - 1) >> 1; slot > 0 && heap[parent] > value; parent = (slot - 1) >> 1) {
    heap[slot] = heap[parent];
    slot = parent;
  }
  heap[slot] = value;
}

/** Removes and returns the least number of a binary heap that is not empty. */
export function popLeast(heap: number[]): number {
  const [least] = heap;
  const last = heap.pop() ?? 0;
  const length = heap.length;
  if (length === 0) return least;
  let slot = 0;
  for (let child = 1; child < length; child = 2 * slot + 1) {
    if (child + 1 < length && heap[child + 1] < heap[child]) child++;
    if (heap[child] >= last) break;
    heap[slot] = heap[child];
    slot = child;
  }
  heap[slot] = last;
  return least;
}
