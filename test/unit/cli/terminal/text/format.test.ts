import { describe, expect, test } from 'vitest';
import { backendName } from '../../../../../packages/cli/src/terminal/text/backend-name.ts';
import { columns } from '../../../../../packages/cli/src/terminal/text/columns.ts';
import { decimal, duration, percent, plural, whole } from '../../../../../packages/cli/src/terminal/text/format.ts';
import { quote } from '../../../../../packages/cli/src/terminal/text/quote.ts';

test('a backend without fused products says so', () => {
  const names = [true, false].map((fused) => backendName({ name: 'wasm', fused }));
  expect(names).toEqual(['wasm', 'wasm, unfused']);
});

test.each([
  [0, '0'],
  [0.071_34, '0.07134'],
  [1.2e-7, '1.200e-7'],
  [123.456, '123.5'],
  [12_345.6, '12,346'],
  [4.5e9, '4,500,000,000'],
  [4.5e13, '4.500e+13'],
  [-0.5, '-0.5000'],
  [Number.NaN, 'NaN'],
])('decimal(%d) is %s', (value, text) => expect(decimal(value)).toBe(text));

test.each([
  [1, '100 %'],
  [0.999_99, '99.99 %'],
  [0.9775, '97.75 %'],
  [2 / 3, '66.67 %'],
  [0.999_951, '99.99 %'],
  [0, '0.00 %'],
  [1.000_04, '100.00 %'],
  [1.52, '152.00 %'],
  [17.3, '1730.00 %'],
  [-0.125, '-12.50 %'],
])('percent(%d) is %s: never 100 where anything is missing', (share, text) => expect(percent(share)).toBe(text));

test.each([
  [0.4, '0 ms'],
  [999, '999 ms'],
  [8123, '8.1 s'],
  [59_949, '59.9 s'],
  [59_960, '1 min 00 s'],
  [125_400, '2 min 05 s'],
  [3_780_000, '1 h 03 min'],
])('duration(%d) is %s', (ms, text) => expect(duration(ms)).toBe(text));

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [1_234_567.5, '1,234,568'],
  [-123_456, '-123,456'],
  [Number.NaN, 'NaN'],
])('whole(%d) is %s', (value, text) => expect(whole(value)).toBe(text));

test('counts are grouped, and nouns follow them', () => {
  expect([whole(60_000), plural(1, 'epoch'), plural(10_000, 'epoch')]).toEqual(['60,000', '1 epoch', '10,000 epochs']);
});

test('columns stand below each other', () => {
  expect(
    columns(
      [
        ['a', '1', 'x'],
        ['bcd', '20', ''],
      ],
      { right: [1] },
    ),
  ).toEqual(['  a     1  x', '  bcd  20']);
});

describe('quote', () => {
  test.each([
    ['runs/mnist-1', 'runs/mnist-1'],
    ['my run', "'my run'"],
    ["it's", "'it'\\''s'"],
    ['', "''"],
    ['$HOME', "'$HOME'"],
  ])('%j is %s', (word, text) => expect(quote(word)).toBe(text));
});
