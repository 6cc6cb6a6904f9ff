import { bytePairs, popLeast, push, singleBytes } from './byte-pairs.ts';

/** Maximum number of different unions of two neighbours, and the largest number of times that are told apart. */
const MAX_UNIONS = 1 << 24;
const MAX_COUNT = 1 << 29;

/**
 * Learns tokens of byte pairs from pieces of a text with the numbers of their occurrences: again and again, the most
 * frequent union of two neighbouring tokens becomes a token, of equals the one that came first. Neighbours are those of
 * `bytePairs` with the tokens so far. Ends at `size` tokens, of which 256 are bytes, or when no union occurs twice.
 * Returns the unions, in this order.
 * [Sennrich, Haddow, Birch 2016](https://arxiv.org/abs/1508.07909)
 */
export function learnBytePairs(pieces: ReadonlyMap<string, number>, size: number): string[] {
  const tokens = [...singleBytes];
  const ranks = new Map(tokens.map((token, rank) => [token, rank]));
  const words = [...pieces].map(([bytes, count]) => ({ bytes, count, parts: bytePairs(bytes, ranks) }));
  const ids = new Map<string, number>(); // of unions, by their first occurrence
  const unions: string[] = [];
  const counts: number[] = []; // by id
  const wordsOf: Set<number>[] = []; // words that have, or once had, the union of this id
  const heap: number[] = []; // the most frequent union first; also counts that have changed since
  const changedPairs = new Set<number>();
  for (const index of words.keys()) countUnions(index, 1);
  pushChanged();
  while (tokens.length < size && heap.length > 0) {
    const entry = popLeast(heap);
    const id = entry % MAX_UNIONS;
    if (entry !== entryOf(id)) {
      if (counts[id] > 1) push(heap, entryOf(id));
      continue;
    }
    const affectedWords = [...wordsOf[id]];
    for (const index of affectedWords) countUnions(index, -1);
    ranks.set(unions[id], tokens.length);
    tokens.push(unions[id]);
    for (const index of affectedWords) {
      words[index].parts = bytePairs(words[index].bytes, ranks);
      countUnions(index, 1);
    }
    pushChanged();
  }
  return tokens.slice(singleBytes.length);

  /** Adds the unions of a word's neighbours to the counts, or with sign -1 removes them. */
  function countUnions(index: number, sign: 1 | -1): void {
    const { parts, count } = words[index];
    for (let i = 1; i < parts.length; i++) {
      const union = tokens[parts[i - 1]] + tokens[parts[i]];
      const id = ids.get(union) ?? ids.size;
      if (id === unions.length) {
        if (id === MAX_UNIONS) throw new RangeError(`learnBytePairs: more than ${MAX_UNIONS} unions of two tokens`);
        ids.set(union, id);
        unions.push(union);
        counts.push(0);
        wordsOf.push(new Set());
      }
      counts[id] += sign * count;
      if (sign > 0) {
        wordsOf[id].add(index);
        changedPairs.add(id);
      }
    }
  }

  function pushChanged(): void {
    for (const id of changedPairs) if (counts[id] > 1) push(heap, entryOf(id));
    changedPairs.clear();
  }

  function entryOf(id: number): number {
    return (MAX_COUNT - Math.min(counts[id], MAX_COUNT)) * MAX_UNIONS + id;
  }
}
