import { Readable } from 'node:stream';
import { buildNetwork } from '@gradloom/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { numberRows } from '../../../../../packages/cli/src/commands/predict/number-rows.ts';

const points = buildNetwork({ input: 2, layers: [{ kind: 'dense', out: 1 }] });

test('rows do not depend on where the stream is cut', async () => {
  const rows = fc.array(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 2, maxLength: 2 }));
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 1, max: 40 }), async (rowsOfNumbers, size) => {
      const bytes = Buffer.from(rowsOfNumbers.map((row) => `${JSON.stringify(row)}\n`).join(''));
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        bytes.subarray(n * size, (n + 1) * size),
      );
      const x: number[] = [];
      const numbers: number[] = [];
      for await (const batch of numberRows(Readable.from(chunks), points, 'rows')) {
        x.push(...batch.x);
        numbers.push(...batch.rowIndices);
      }
      expect(x).toEqual(JSON.parse(JSON.stringify(rowsOfNumbers.flat())));
      expect(numbers).toEqual(rowsOfNumbers.map((_, n) => n));
    }),
  );
});

test.each([
  ['5', '5'],
  ['-1', '-1'],
  ['0.5', '0.5'],
  ['"1"', '"1"'],
])('the line of a number that is no index of an embedding is named: %s', async (text, shown) => {
  const words = buildNetwork({ input: 2, layers: [{ kind: 'embedding', vocabulary: 5, width: 3 }] });
  const lines = `[0, 1]\n${'[4, 4]\n'.repeat(300)}[0, ${text}]\n`;
  const read = async () => {
    for await (const _ of numberRows(Readable.from([lines]), words, 'rows'));
  };
  await expect(read()).rejects.toThrow(
    `line 302 of rows has ${shown} in it, expected a JSON array of 2 whole numbers from 0 to 4`,
  );
});
