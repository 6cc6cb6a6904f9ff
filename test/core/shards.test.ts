import { defaultShards, largestShard, shardStart } from '@gradloom/core/internal';
import fc from 'fast-check';
import { expect, test } from 'vitest';

test('shards cut a batch into neighbouring parts whose sizes differ by one at most', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 0, max: 5000 }), (S, B) => {
      expect([shardStart(0, S, B), shardStart(S, S, B)]).toEqual([0, B]);
      const sizes = Array.from({ length: S }, (_, s) => shardStart(s + 1, S, B) - shardStart(s, S, B));
      expect(Math.max(...sizes)).toBe(largestShard(B, S));
      expect(largestShard(B, S) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
    { seed: 1 },
  );
});

test.each([
  [1, 1],
  [15, 1],
  [16, 2],
  [127, 2],
  [128, 4],
  [2047, 4],
  [2048, 8],
  [60_000, 8],
])('a batch of %i rows has %i shards by default', (batch, shards) => {
  expect(defaultShards(batch)).toBe(shards);
});
