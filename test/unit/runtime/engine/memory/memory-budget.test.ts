import { OptionError } from '@gradloom/core';
import { complete } from '@gradloom/core/internal';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitMemory, type MemoryBudget } from '../../../../../packages/runtime/src/engine/memory/memory-budget.ts';
import { bytesOf } from '../../../../../packages/runtime/src/system/memory/memory.ts';
import { propertySeed } from '../../../../support/seed.ts';

const needs = fc.record({
  fixed: fc.nat(1000),
  thread: fc.nat(300),
  chunk: fc.nat(100),
  order: fc.nat(500),
  text: fc.nat(500),
  most: fc.integer({ min: 1, max: 20 }), // threads that fit into 4 GiB
});
const wanted = fc.record({
  threads: fc.integer({ min: 1, max: 40 }),
  chunks: fc.nat(64),
  orders: fc.nat(3),
  texts: fc.boolean(),
});

test('as many threads as fit, with as many chunks as then fit; what fits is not lowered', () => {
  fc.assert(
    fc.property(needs, wanted, fc.nat(8000), (need, means, bytes) => {
      const sizeOf = ({ threads, chunks, orders, texts }: MemoryBudget) =>
        need.fixed + threads * need.thread + chunks * need.chunk + orders * need.order + (texts ? need.text : 0);
      const planOf = (some: MemoryBudget) => {
        if (some.threads > need.most) throw new OptionError('train', 'layers', 'has too many threads');
        return { parts: [{ name: 'all', bytes: sizeOf(some) }] };
      };
      const least = { threads: 1, chunks: Math.min(1, means.chunks), orders: Math.min(1, means.orders), texts: false };
      const room = { bytes, bound: 'room' };
      if (sizeOf(least) > bytes) {
        expect(() => complete(fitMemory(planOf, means, room))).toThrow('(room)');
        return;
      }
      const { plan, means: given } = complete(fitMemory(planOf, means, room));
      expect(bytesOf(plan.parts)).toBe(sizeOf(given));
      expect(sizeOf(given)).toBeLessThanOrEqual(bytes);
      if (sizeOf(means) <= bytes && means.threads <= need.most) expect(given).toEqual(means);
      // One thread more has no room even with a chunk for each, one order and no texts. Nor have texts that are spared.
      const leastOf = (threads: number) => ({ ...least, threads, chunks: Math.min(threads, means.chunks) });
      const more = given.threads + 1;
      if (more <= Math.min(need.most, means.threads)) expect(sizeOf(leastOf(more))).toBeGreaterThan(bytes);
      if (means.texts && !given.texts)
        expect(sizeOf({ ...leastOf(given.threads), texts: true })).toBeGreaterThan(bytes);
    }),
    { seed: propertySeed, numRuns: 2000 },
  );
});
