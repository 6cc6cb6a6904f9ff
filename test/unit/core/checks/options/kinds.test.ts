import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  betweenZeroAndOne,
  count,
  flag,
  fraction,
  nonNegative,
  number,
  numeric,
  oneOf,
  orWord,
  positive,
  positiveInteger,
  text,
  wholeNumber,
} from '../../../../../packages/core/src/checks/options/kinds.ts';

const NOT_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, '1', null, undefined, true];

describe.each([
  { kind: nonNegative, inside: [0, 5e-324, 1, 1e300], outside: [-5e-324, -1] },
  { kind: positive, inside: [5e-324, 1, 1e300], outside: [0, -1] },
  { kind: fraction, inside: [0, 0.5, 1 - 2 ** -53], outside: [-0.1, 1] },
  { kind: betweenZeroAndOne, inside: [5e-324, 0.5], outside: [0, 1] },
  { kind: number('a number above 1', (x) => x > 1), inside: [2], outside: [1] },
  { kind: count, inside: [0, 1, 2 ** 53 - 1], outside: [-1, 0.5, 2 ** 53] },
  { kind: positiveInteger, inside: [1, 2 ** 53 - 1], outside: [0, 0.5] },
  { kind: wholeNumber(2, 9), inside: [2, 9], outside: [1, 10, 2.5] },
])('$kind.expected', ({ kind: { check, isValid, expected, expectedFor }, inside, outside }) => {
  test('is taken, and nothing else', () => {
    for (const value of inside) {
      expect(check('here', 'x', value)).toBe(value);
      expect(isValid(value)).toBe(true);
    }
    for (const value of [...outside, ...NOT_NUMBERS]) {
      expect(() => check('here', 'x', value)).toThrow(/^here: x (has .*|is missing), expected a /);
      expect(() => check('here', 'x', value)).toThrow(`expected ${expectedFor(value)}`);
      expect(isValid(value)).toBe(false);
    }
  });

  test('is what a message wants', () => {
    expect(expectedFor('x')).toBe(expected);
  });
});

test.each([
  [positive, Number.NaN, 'x has NaN, expected a finite number above 0'],
  [positive, '1e400', 'x has "1e400", expected a finite number above 0'],
  [positive, 'Infinity', 'x has "Infinity", expected a finite number above 0'],
  [positiveInteger, 2 ** 53, 'x has 9007199254740992, expected a whole number of at least 1 (at most 2^53 - 1)'],
  [
    orWord(positiveInteger, 'full'),
    1e20,
    'x has 100000000000000000000, expected a whole number of at least 1, or full (at most 2^53 - 1)',
  ],
  [wholeNumber(2, 9), 1, 'x has 1, expected a whole number from 2 to 9'],
  [oneOf({ tree: 1, leaf: 2 }), 'leav', 'x has "leav", expected one of tree, leaf (did you mean leaf?)'],
  [text('a path'), '', 'x has "", expected a path'],
])('what is beyond a limit is said where it matters: %#', ({ check }, value, sentence) => {
  expect(() => check('', 'x', value)).toThrow(new RegExp(`^${sentence.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`));
});

test('flag takes true or false', () => {
  expect([flag.check('here', 'x', true), flag.check('here', 'x', false)]).toEqual([true, false]);
  for (const value of [0, 1, 'true', null, undefined]) {
    expect(() => flag.check('here', 'x', value)).toThrow(/^here: x (has .*|is missing), expected true or false$/);
  }
});

test('every finite number comes back from its own text', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(numeric(String(value))).toBe(Object.is(value, -0) ? 0 : value);
    }),
  );
});

test.each(['+5', '.5', '5.', '1e3', '-1E-3'])('%s is a number', (written) => {
  expect(numeric(written)).toBe(Number(written));
});

test.each(['', ' ', '1 2', '0x10', '0b1', '1_000', '1,5', 'NaN', 'Infinity', '1e400', '1e', '--5', '1n'])(
  '%j stays a text',
  (written) => expect(numeric(written)).toBe(written),
);
