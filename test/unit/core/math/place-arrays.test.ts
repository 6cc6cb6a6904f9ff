import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Lifetime, placeArrays } from '../../../../packages/core/src/math/place-arrays.ts';
import { propertySeed } from '../../../support/seed.ts';

const lifetimes = fc.array(
  fc
    .record({ doubles: fc.integer({ min: 0, max: 40 }), birth: fc.nat(30), life: fc.nat(12) })
    .map(({ doubles, birth, life }): Lifetime => ({ doubles: 8 * doubles, birth, death: birth + life })),
  { maxLength: 60 },
);

test(`arrays that live at one time lie apart, in no more than the sum of all (seed ${propertySeed})`, () => {
  const check = fc.property(lifetimes, (arrays) => {
    const { offsets, total } = placeArrays(arrays);
    for (const [i, a] of arrays.entries()) {
      expect(offsets[i] + a.doubles).toBeLessThanOrEqual(total);
      for (const [j, b] of arrays.entries()) {
        if (i === j || a.doubles === 0 || b.doubles === 0 || a.death < b.birth || b.death < a.birth) continue;
        expect(offsets[i] + a.doubles <= offsets[j] || offsets[j] + b.doubles <= offsets[i]).toBe(true);
      }
    }
    expect(total).toBeLessThanOrEqual(arrays.reduce((sum, { doubles }) => sum + doubles, 0));
  });
  fc.assert(check, { seed: propertySeed, numRuns: 300 });
});

test('arrays that follow each other share one place', () => {
  const arrays = Array.from({ length: 9 }, (_, k) => ({ doubles: 8 * (9 - k), birth: k, death: k }));
  expect(placeArrays(arrays).total).toBe(72);
});

test('a gap at the end grows, and gaps that touch become one', () => {
  const { offsets, total } = placeArrays([
    { doubles: 16, birth: 0, death: 0 },
    { doubles: 8, birth: 0, death: 1 },
    { doubles: 8, birth: 0, death: 0 },
    { doubles: 24, birth: 1, death: 2 }, // grows out of the last gap
    { doubles: 24, birth: 2, death: 2 }, // the first gap and the array of 8 after it
  ]);
  expect([...offsets]).toEqual([0, 16, 24, 24, 0]);
  expect(total).toBe(48);
});
