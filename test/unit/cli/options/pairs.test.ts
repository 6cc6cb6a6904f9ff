import { describe, expect, test } from 'vitest';
import { formatValue } from '../../../../packages/cli/src/options/member.ts';
import { readValue } from '../../../../packages/cli/src/options/option.ts';
import { classWeights } from '../../../../packages/cli/src/options/pairs.ts';

describe.each<[unknown, unknown]>([
  ['balanced', 'balanced'],
  ['1,5', [1, 5]],
  [' 0.5 , 2e1', [0.5, 20]],
  [
    [1, 5],
    [1, 5],
  ],
  ['yes=5,no=1', { yes: 5, no: 1 }],
  [{ yes: 5 }, { yes: 5 }],
  ['{"a,b=c": 2}', { 'a,b=c': 2 }],
  ['buys=balanced,mood=balanced', { buys: 'balanced', mood: 'balanced' }],
  ['{"buys": {"yes": 5}, "mood": [1, 2]}', { buys: { yes: 5 }, mood: [1, 2] }],
])('%j', (raw, value) => {
  test('is read, and as it is written to repeat a run it is the same', () => {
    expect(readValue(classWeights, '--class-weight', raw)).toEqual(value);
    expect(readValue(classWeights, '--class-weight', formatValue(value))).toEqual(value);
  });
});

test.each([
  'even',
  '',
  '1,',
  '-1',
  'yes=-1',
  'yes',
  'yes=1,no',
  'yes=1,yes=2',
  'buys=balanced,yes=2',
  '{"buys": {"yes": -5}}',
  '{"buys": {}}',
  '{',
  '{}',
  [],
  {},
  null,
  5,
])('%j is refused', (raw) => {
  expect(() => readValue(classWeights, '--class-weight', raw)).toThrow(
    /^--class-weight has .*, expected balanced, numbers of at least 0 such as 1,5, numbers by class such as yes=5,no=1, or by target such as buys=balanced$/,
  );
});
