import { OptionError } from '@gradloom/core';
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
  maxThreads: fc.integer({ min: 1, max: 20 }), // threads that fit into 4 GiB
});
const budgets = fc.record({
  threads: fc.integer({ min: 1, max: 40 }),
  chunks: fc.nat(64),
  orderSlots: fc.nat(3),
  texts: fc.boolean(),
});

test('as many threads as fit, with as many chunks as then fit; what fits is not lowered', () => {
  fc.assert(
    fc.property(needs, budgets, fc.nat(8000), (need, requested, bytes) => {
      const sizeOf = ({ threads, chunks, orderSlots, texts }: MemoryBudget) =>
        need.fixed + threads * need.thread + chunks * need.chunk + orderSlots * need.order + (texts ? need.text : 0);
      const planOf = (some: MemoryBudget) => {
        if (some.threads > need.maxThreads) throw new OptionError('train', 'layers', 'has too many threads');
        return { parts: [{ name: 'all', bytes: sizeOf(some) }] };
      };
      const least = {
        threads: 1,
        chunks: Math.min(1, requested.chunks),
        orderSlots: Math.min(1, requested.orderSlots),
        texts: false,
      };
      const room = { bytes, bound: 'room' };
      if (sizeOf(least) > bytes) {
        expect(() => fitMemory(planOf, requested, room)).toThrow('(room)');
        return;
      }
      const { plan, budget } = fitMemory(planOf, requested, room);
      expect(bytesOf(plan.parts)).toBe(sizeOf(budget));
      expect(sizeOf(budget)).toBeLessThanOrEqual(bytes);
      if (sizeOf(requested) <= bytes && requested.threads <= need.maxThreads) expect(budget).toEqual(requested);
      // One thread more has no room even with a chunk for each, one order and no texts. Nor have texts that are spared.
      const leastOf = (threads: number) => ({ ...least, threads, chunks: Math.min(threads, requested.chunks) });
      const more = budget.threads + 1;
      if (more <= Math.min(need.maxThreads, requested.threads)) expect(sizeOf(leastOf(more))).toBeGreaterThan(bytes);
      if (requested.texts && !budget.texts)
        expect(sizeOf({ ...leastOf(budget.threads), texts: true })).toBeGreaterThan(bytes);
    }),
    { seed: propertySeed, numRuns: 2000 },
  );
});
