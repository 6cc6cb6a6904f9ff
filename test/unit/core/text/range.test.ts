import { expect, test } from 'vitest';
import { count, flag, fraction, nonNegative, positive } from '../../../../packages/core/src/checks/range.ts';

const NOT_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, '1', null, undefined, true];

test.each([
  { check: nonNegative, inside: [0, 5e-324, 1, 1e300], outside: [-5e-324, -1], wanted: 'a number of at least 0' },
  { check: positive, inside: [5e-324, 1, 1e300], outside: [0, -1], wanted: 'a number > 0' },
  { check: fraction, inside: [0, 0.5, 1 - 2 ** -53], outside: [-0.1, 1], wanted: 'a number in [0, 1)' },
  {
    check: count,
    inside: [0, 1, 2 ** 53 - 1],
    outside: [-1, 0.5, 2 ** 53],
    wanted: 'a number that is whole and at least 0',
  },
])('$check.name takes $wanted', ({ check, inside, outside, wanted }) => {
  for (const value of inside) expect(check('here', 'x', value)).toBe(value);
  for (const value of [...outside, ...NOT_NUMBERS]) {
    expect(() => check('here', 'x', value)).toThrow(/^here: x has .*, expected/);
    const finite = typeof value === 'number' && !Number.isFinite(value) ? wanted.replace('a ', 'a finite ') : wanted;
    expect(() => check('here', 'x', value)).toThrow(`expected ${finite}`);
  }
});

test('flag takes true or false', () => {
  expect([flag('here', 'x', true), flag('here', 'x', false)]).toEqual([true, false]);
  for (const value of [0, 1, 'true', null, undefined]) {
    expect(() => flag('here', 'x', value)).toThrow(/^here: x has .*, expected true or false$/);
  }
});
