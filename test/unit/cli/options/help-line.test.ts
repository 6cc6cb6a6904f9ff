import { option } from '@gradloom/core/internal';
import { expect, test } from 'vitest';
import { helpLine } from '../../../../packages/cli/src/options/option.ts';

test.each([
  ['a value', option.count(3, 'failures'), 'failures (default: 3)'],
  ['a value as 0', option.count(0, 'failures'), 'failures (default: 0)'],
  ['words', option.count(undefined, 'failures', 'none'), 'failures (default: none)'],
  ['words for a value', option.count(3, 'failures', 'three'), 'failures (default: three)'],
  ['no default', option.count(undefined, 'failures'), 'failures'],
  ['a switch', option.flag(false, 'fails'), 'fails'],
])('help says a default that is %s', (_is, stated, line) => {
  expect(helpLine(stated)).toBe(line);
});

test('a default of the command line stands in place of that of the option', () => {
  expect(helpLine({ ...option.count(3, 'failures', 'three'), defaultText: 'set by the dataset' })).toBe(
    'failures (default: set by the dataset)',
  );
});
