import { option } from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import { readValue } from '../../../../packages/cli/src/options/option.ts';
import { rowRanges } from '../../../../packages/cli/src/options/ranges.ts';
import { mergeRaw, parseRaw } from '../../../../packages/cli/src/options/raw-options.ts';
import { widths } from '../../../../packages/cli/src/options/widths.ts';

const raw = (origin: string, values: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { name: `${origin} ${key}`, value }]));

describe('merging', () => {
  const alternatives = [[['epochs'], ['steps']]] as const;

  test('lets flags win over the file', () => {
    const merged = mergeRaw(raw('flag', { lr: 1 }), raw('file', { lr: 2, seed: 3 }), []);
    expect(merged).toEqual({ ...raw('flag', { lr: 1 }), ...raw('file', { seed: 3 }) });
  });

  test('drops options of the file that exclude a flag, in either direction', () => {
    expect(mergeRaw(raw('flag', { steps: 1 }), raw('file', { epochs: 2 }), alternatives)).toEqual(
      raw('flag', { steps: 1 }),
    );
    expect(mergeRaw(raw('flag', { epochs: 1 }), raw('file', { steps: 2 }), alternatives)).toEqual(
      raw('flag', { epochs: 1 }),
    );
  });

  test('does not hide that a file contradicts itself', () => {
    const table = {
      epochs: { group: 'Run', ...option.positive() },
      steps: { group: 'Run', ...option.positive() },
    } as const;
    const merged = mergeRaw({}, raw('file', { epochs: 1, steps: 2 }), alternatives);
    expect(() => parseRaw(table, merged, alternatives)).toThrow('file epochs is given with file steps');
  });
});

test.each([
  ['128,64', [128, 64]],
  ['128, 64', [128, 64]],
  ['7', [7]],
  ['none', []],
  [
    [128, 64],
    [128, 64],
  ],
  [7, [7]],
])('widths %j are %j', (value, expectedWidths) => {
  expect(readValue(widths, '--hidden', value)).toEqual(expectedWidths);
});

test.each(['', '0', '-1', '1.5', '3,', 'a', [0], [[3]], true, null])('widths %j are refused', (value) => {
  expect(() => readValue(widths, '--hidden', value)).toThrow('expected widths of layers such as 128,64, or none');
});

test.each([
  ['5', [{ first: 5, last: 5 }]],
  ['0..9', [{ first: 0, last: 9 }]],
  [
    '3, 7..9',
    [
      { first: 3, last: 3 },
      { first: 7, last: 9 },
    ],
  ],
  [4, [{ first: 4, last: 4 }]],
])('rows %j are %j', (value, expectedRows) => {
  expect(readValue(rowRanges, '--rows', value)).toEqual(expectedRows);
});

test.each(['', '-1', '2..1', '0...3', '1.5', '0-3', 'a'])('rows %j are refused', (value) => {
  expect(() => readValue(rowRanges, '--rows', value)).toThrow('expected rows such as 0..9 or 0,3,7..9');
});
