import { losses, optimizers, schedules } from '@gradloom/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatMember, memberOf, parseMember } from '../../../../packages/cli/src/options/member.ts';
import { readValue } from '../../../../packages/cli/src/options/option.ts';

const table = { plain: true, 'two-words': true };

test('what is formatted is read back', () => {
  const option = fc.stringMatching(/^[a-z]+([A-Z][a-z]+)*$/).filter((name) => name !== 'kind');
  const value = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
    fc.boolean(),
  );
  const member = fc.record({ kind: fc.constantFrom(...Object.keys(table)), options: fc.dictionary(option, value) });
  fc.assert(
    fc.property(member, ({ kind, options }) => {
      const whole = { ...options, kind };
      expect(parseMember('--x', formatMember(whole), table)).toEqual(whole);
    }),
  );
});

test('options may be written in kebab-case or camelCase', () => {
  const expected = { kind: 'plain', weightDecay: 0.1 };
  expect(parseMember('--x', 'plain:weight-decay=0.1', table)).toEqual(expected);
  expect(parseMember('--x', 'plain:weightDecay=0.1', table)).toEqual(expected);
});

test('a config file may hold the member as an object', () => {
  expect(parseMember('x', { kind: 'plain', a: 1 }, table)).toEqual({ kind: 'plain', a: 1 });
});

test('a number in it that is not finite is refused', () => {
  const raw = { kind: 'plain', twoWords: Number.NaN };
  expect(() => parseMember('x', raw, table)).toThrow('x plain: two-words has NaN, expected a finite number');
});

test.each(['plain:', 'plain:a', 'plain:=1', 'plain:a=1,', 'plain:kind=two-words', 5, null, {}, []])(
  '%j is refused',
  (raw) => expect(() => parseMember('--x', raw, table)).toThrow(/^--x has /),
);

describe.each(Object.entries({ losses, optimizers, schedules }))('of the %s', (_family, members) => {
  test.each(Object.keys(members))('%s is known, and its unknown options are refused', (kind) => {
    const create = (spec: { kind: string }) => {
      const { kind: name, ...options } = spec;
      (members as unknown as Record<string, (options: object) => unknown>)[name](options);
    };
    const kindOf = memberOf<{ kind: string }>(members, create);
    expect(readValue(kindOf, '--x', kind)).toEqual({ kind });
    expect(() => readValue(kindOf, '--x', `${kind}:nonsense=1`)).toThrow(
      new RegExp(`^--x ${kind}: option.* .*nonsense`),
    );
  });
});
