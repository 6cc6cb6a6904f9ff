import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textRows } from '../../../packages/cli/src/predict/text-rows.ts';

test('rows do not depend on where the stream is cut', async () => {
  const rows = fc.array(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 2, maxLength: 2 }));
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 1, max: 40 }), async (wanted, size) => {
      const bytes = Buffer.from(wanted.map((row) => `${JSON.stringify(row)}\n`).join(''));
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        bytes.subarray(n * size, (n + 1) * size),
      );
      const x: number[] = [];
      const numbers: number[] = [];
      for await (const batch of textRows(Readable.from(chunks), 2, 'rows')) {
        x.push(...batch.x);
        numbers.push(...batch.numbers);
      }
      expect(x).toEqual(JSON.parse(JSON.stringify(wanted.flat())));
      expect(numbers).toEqual(wanted.map((_, n) => n));
    }),
  );
});
