import { buildNetwork } from '@gradloom/core';
import { BLOCK, blockCount, blocksOfRank, bucketsOf } from '@gradloom/core/internal';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const width = fc.integer({ min: 1, max: 300 });

test('buckets have each block once, from the last to the first, and each rank has its part of each', () => {
  const least = fc.integer({ min: 1, max: 60_000 });
  const ranks = fc.integer({ min: 1, max: 9 });
  const check = fc.property(
    width,
    fc.array(width, { minLength: 1, maxLength: 6 }),
    least,
    ranks,
    (input, outs, least, R) => {
      const network = buildNetwork({ input, layers: outs.map((out) => ({ kind: 'dense', out })) });
      const P = network.parameterCount;
      const buckets = bucketsOf(network, least);
      let next = blockCount(P);
      for (const { first, end } of buckets) {
        expect(end).toBe(next);
        expect(first).toBeLessThan(end);
        if (buckets.length > 1) expect(Math.min(P, end * BLOCK) - first * BLOCK).toBeGreaterThanOrEqual(least);
        next = first;
        let nextOfRank = first;
        for (let rank = 0; rank < R; rank++) {
          const range = blocksOfRank({ first, end }, R, rank);
          expect(range.first).toBe(nextOfRank);
          nextOfRank = range.end;
        }
        expect(nextOfRank).toBe(end);
      }
      expect(next).toBe(0);
    },
  );
  fc.assert(check, { seed: 1, numRuns: 300 });
});

test('a bucket begins with the first block that no earlier tensor reaches into', () => {
  const network = buildNetwork({ input: 100, layers: [100, 100, 10].map((out) => ({ kind: 'dense', out })) });
  // Tensors begin at 0, 10,000, 10,100, 20,100, 20,200 and 21,200; blocks 3 and 5 at 12,288 and 20,480.
  expect(bucketsOf(network, 8000)).toEqual([
    { first: 3, end: 6, rowShift: 0 },
    { first: 0, end: 3, rowShift: 0 },
  ]);
  expect(bucketsOf(network, 12_000)).toEqual([{ first: 0, end: 6, rowShift: 0 }]);
  expect(bucketsOf({ tensors: [], gradientRanges: [] }, 1)).toEqual([]);
});
