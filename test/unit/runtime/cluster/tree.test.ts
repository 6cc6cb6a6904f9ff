import { expect, test } from 'vitest';
import { childrenOf, parentOf } from '../../../../packages/runtime/src/cluster/mpi/collectives.ts';

test.each([1, 2, 3, 5, 8, 13, 64, 1000])('the tree over %i ranks reaches each once, in few rounds', (ranks) => {
  const rounds = new Map([[0, 0]]);
  const reached = [0];
  for (const rank of reached) {
    // A rank sends to one child after the other.
    for (const [k, child] of childrenOf(rank, ranks).entries()) {
      expect(parentOf(child)).toBe(rank);
      reached.push(child);
      rounds.set(child, (rounds.get(rank) ?? 0) + k + 1);
    }
  }
  expect(reached.toSorted((a, b) => a - b)).toEqual(Array.from({ length: ranks }, (_, rank) => rank));
  expect(Math.max(...rounds.values())).toBeLessThanOrEqual(Math.ceil(Math.log2(ranks)));
});
