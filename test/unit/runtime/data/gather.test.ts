import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gatherRows } from '../../../../packages/runtime/src/data/gather.ts';
import { type DataArray, sharedArrays } from '../../../../packages/runtime/src/data/number-types.ts';
import { firstDifference } from '../../../support/bits.ts';
import { propertySeed } from '../../../support/seed.ts';

const numbers = {
  uint8: fc.integer({ min: 0, max: 255 }),
  int32: fc.integer(),
  float32: fc.float(),
  float64: fc.double(),
};

describe.each(Object.keys(numbers) as (keyof typeof numbers)[])('%s', (type) => {
  /** A matrix of up to 6 rows and 11 columns, an order of its rows or none, and a stretch of that order. */
  const cases = fc
    .record({ rows: fc.integer({ min: 1, max: 6 }), columns: fc.integer({ min: 1, max: 11 }) })
    .chain(({ rows, columns }) =>
      fc.record({
        columns: fc.constant(columns),
        values: fc.array(numbers[type], { minLength: rows * columns, maxLength: rows * columns }),
        order: fc.option(fc.shuffledSubarray([...Array(rows).keys()], { minLength: rows })),
        ends: fc.tuple(fc.integer({ min: 0, max: rows }), fc.integer({ min: 0, max: rows })),
        divisor: fc.constantFrom(1, 255, 3, -0.1),
      }),
    );

  test('row n of the result is row order[first + n] over the divisor, and nothing after the last is written', () => {
    fc.assert(
      fc.property(cases, ({ columns, values, order, ends, divisor }) => {
        const array: DataArray = sharedArrays[type](values.length);
        array.set(values);
        const [first, end] = ends.toSorted((a, b) => a - b);
        const out = new Float64Array((end - first) * columns + 3).fill(7);
        gatherRows(out, { array, columns, divisor }, order && Uint32Array.from(order), first, end - first);
        const expected = [];
        for (let n = first; n < end; n++) {
          const row = order === null ? n : order[n];
          for (let i = 0; i < columns; i++) expected.push(array[row * columns + i] / divisor);
        }
        expect(firstDifference(out, [...expected, 7, 7, 7])).toBeNull();
      }),
      { seed: propertySeed },
    );
  });
});

test('two matrices of bytes keep their own divisors', () => {
  const array = sharedArrays.uint8(256);
  for (let byte = 0; byte < 256; byte++) array[byte] = byte;
  const out = new Float64Array(256);
  for (const divisor of [255, 1, 2, 255]) {
    gatherRows(out, { array, columns: 256, divisor }, null, 0, 1);
    expect(out).toEqual(Float64Array.from({ length: 256 }, (_, byte) => byte / divisor));
  }
});
