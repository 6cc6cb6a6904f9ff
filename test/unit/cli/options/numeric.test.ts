import fc from 'fast-check';
import { expect, test } from 'vitest';
import { numeric } from '../../../../packages/cli/src/options/numbers.ts';

test('every finite number comes back from its own text', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(numeric(String(value))).toBe(Object.is(value, -0) ? 0 : value);
    }),
  );
});

test.each(['+5', '.5', '5.', '1e3', '-1E-3'])('%s is a number', (text) => {
  expect(numeric(text)).toBe(Number(text));
});

test.each(['', ' ', '1 2', '0x10', '0b1', '1_000', '1,5', 'NaN', 'Infinity', '1e400', '1e', '--5', '1n'])(
  '%j stays a text',
  (text) => expect(numeric(text)).toBe(text),
);

test.each([true, null, undefined, [1]])('%j of a config file stays what it is', (value) => {
  expect(numeric(value)).toBe(value);
});
