import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Allocate, countDoubles, createAllocator, viewOf } from '../../../../packages/core/src/math/scratch.ts';
import { propertySeed } from '../../../support/seed.ts';

const lengths = fc.array(fc.nat(40), { maxLength: 12 });

test(`what is counted is what is taken, each array on a line of its own, and one double less is refused (seed ${propertySeed})`, () => {
  const check = fc.property(lengths, (arrayLengths) => {
    const take = (allocate: Allocate) => arrayLengths.map((length) => allocate(length));
    const total = countDoubles(take);
    const arrays = take(createAllocator('here', new Float64Array(total)));
    let end = 0;
    for (const [k, array] of arrays.entries()) {
      expect(array.length).toBe(arrayLengths[k]);
      expect(array.byteOffset % 64).toBe(0);
      expect(array.byteOffset).toBeGreaterThanOrEqual(end);
      end = array.byteOffset + array.byteLength;
    }
    expect(8 * total).toBeGreaterThanOrEqual(end);
    if (end === 0) return;
    expect(() => take(createAllocator('here', new Float64Array(end / 8 - 1)))).toThrow(
      /^here: memory has \d+ numbers, /,
    );
  });
  fc.assert(check, { seed: propertySeed });
});

test('a view beyond the end is refused, and never cut off', () => {
  const array = new Float64Array(4);
  expect(viewOf(array, 1, 3)).toHaveLength(3);
  expect(viewOf(array, 4, 0)).toHaveLength(0);
  expect(() => viewOf(array, 1, 4)).toThrow('viewOf: memory has 4 numbers, expected 5');
  expect(() => viewOf(array, 5, 0)).toThrow('expected 5');
  expect(() => viewOf(array, -1, 2)).toThrow('viewOf');
});
