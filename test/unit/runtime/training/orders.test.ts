import { createRandom, shuffle } from '@gradloom/core';
import { complete } from '@gradloom/core/internal';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createOrders } from '../../../../packages/runtime/src/training/run/orders.ts';
import { propertySeed } from '../../../support/seed.ts';

const seed = 5;

const SHOWN = 50; // rows of a large order tell it from any other
const known = new Map<string, number[]>();

function orderOf(epoch: number, rows: number): number[] {
  const key = `${epoch} of ${rows}`;
  const order = known.get(key) ?? shuffled(epoch, rows);
  known.set(key, order);
  return order;
}

function shuffled(epoch: number, rows: number): number[] {
  const order = Uint32Array.from({ length: rows }, (_, n) => n);
  shuffle(order, createRandom(seed, 'shuffle', epoch));
  return [...order.subarray(0, SHOWN)];
}

/** From 262,144 / 3 rows on there are few slots. */
const cases = fc.record({
  rows: fc.constantFrom(5, 80_000, 100_000),
  epochs: fc.constantFrom(1, 4, 9),
  calls: fc.array(fc.record({ from: fc.nat(8), count: fc.nat(4) }), { minLength: 1, maxLength: 6 }),
});

test(`whichever epochs a run comes from and goes back to, each that it is promised lies in its slot (seed ${propertySeed})`, () => {
  const check = fc.property(cases, ({ rows, epochs, calls }) => {
    const orders = createOrders(seed, { rows }, epochs);
    const slots = orders.array.length / rows;
    for (const { from, count } of calls) {
      const first = from % epochs;
      const end = complete(orders.prepare(first, count));
      expect(end).toBeGreaterThan(first);
      for (let epoch = first; epoch < end; epoch++) {
        const begin = (epoch % slots) * rows;
        const shown = orders.array.subarray(begin, begin + Math.min(rows, SHOWN));
        expect([...shown]).toEqual(orderOf(epoch, rows));
      }
    }
  });
  fc.assert(check, { seed: propertySeed, numRuns: 30 });
});
