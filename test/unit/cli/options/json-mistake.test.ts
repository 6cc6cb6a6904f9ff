import { expect, test } from 'vitest';
import { jsonMistake } from '../../../../packages/cli/src/options/read-object.ts';

test.each([
  ['{\n "k": 1,\n  out: 3}', 'line 3, column 3, expected a key in double quotes'],
  ['[1,]', 'line 1, column 4, expected a value'],
  ['{"a": 1', 'line 1, column 8, expected a closing brace'],
  ['[[1]', 'line 1, column 5, expected a closing bracket'],
  ['{"a" 1}', 'line 1, column 6, expected a colon after the key'],
  ['{"a": 1 "b": 2}', 'line 1, column 9, expected a comma'],
  ['{"a": "b}', 'line 1, column 7, expected a closing quote'],
  ["{'a': 1}", 'line 1, column 2, expected a key in double quotes'],
  ['{"a": 1} x', 'line 1, column 10, expected nothing more'],
  ['{} {}', 'line 1, column 4, expected nothing more'],
  ['// c\n{}', 'line 1, column 1, expected no comment'],
  ['{"a": NaN}', 'line 1, column 7, expected a value'],
  ['{"a": "\\x"}', 'line 1, column 7, expected an escape such as \\n or \\"'],
])('%j stops being JSON at %s', (text, position) => {
  expect(() => JSON.parse(text)).toThrow(SyntaxError);
  expect(jsonMistake(text)).toBe(` at ${position}`);
});

test('text so deep that the place cannot be told has none, and ends no process', () => {
  expect(jsonMistake('{"a":'.repeat(100_000))).toBeUndefined();
});
