import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  either,
  json,
  list,
  nullable,
  optional,
  record,
  refined,
  table,
  tuple,
  variant,
} from '../../../../../packages/cli/src/options/schema/containers.ts';
import {
  count,
  figure,
  flag,
  literal,
  number,
  text,
  whole,
  word,
} from '../../../../../packages/cli/src/options/schema/scalars.ts';
import { readAs, type Schema } from '../../../../../packages/cli/src/options/schema/schema.ts';
import { isBase64Of } from '../../../../../packages/cli/src/report/findings/findings.ts';
import { propertySeed } from '../../../../support/seed.ts';

const image = refined(record({ side: whole(1, 4), bytes: text(40) }), ({ side, bytes }, fail) => {
  if (!isBase64Of(bytes, side ** 2)) fail(['bytes'], `${bytes.length} characters`, `${side ** 2} bytes in base64`);
});
const document = record({
  name: text(5),
  rates: optional(table(word(/^\d+$/, 'whole numbers as keys'), number(0, 9), 1, 2)),
  images: list(nullable(image), 0, 3),
  place: tuple(number(), count()),
  line: variant('event', { epoch: record({ event: literal('epoch'), loss: figure() }), none: record({}) }),
  more: either(flag, list(whole(0, 1), 0, 2)),
});
const whole1 = { side: 1, bytes: 'AA==' };
const good = {
  name: 'one',
  rates: { 3: 1 },
  images: [null, whole1],
  place: [-1.5, 2],
  line: { event: 'epoch', loss: null },
  more: [1, 0],
};

test('a document is read by its schema alone: what that does not name is left out', () => {
  const read = readAs(document, { ...good, other: { any: 'thing' } }, 'file');
  expect(read).toEqual({ ...good, line: { event: 'epoch', loss: Number.NaN } });
});

test.each([
  ['file has [], expected', [], /^file has a list of 0, expected an object$/],
  ['a missing key', { ...good, name: undefined }, 'file at name has nothing, expected text of at most 5 characters'],
  ['text that is too long', { ...good, name: 'abcdef' }, 'at name has "abcdef", expected text of at most 5 characters'],
  ['a key', { ...good, rates: { x: 1 } }, 'file at rates has "x", expected whole numbers as keys'],
  ['a value in a table', { ...good, rates: { 7: 10 } }, 'file at rates.7 has 10, expected a number from 0 to 9'],
  [
    'too many',
    { ...good, rates: { 1: 1, 2: 2, 3: 3 } },
    'at rates has 3 entries, expected an object of 1 to 2 entries',
  ],
  [
    'a long list',
    { ...good, images: [null, null, null, null] },
    'at images has a list of 4, expected a list of at most 3',
  ],
  [
    'markup in the place of a number',
    { ...good, images: [{ side: '"><script>', bytes: '' }] },
    'file at images.0.side has "\\"><script>", expected a whole number from 1 to 4',
  ],
  [
    'half a pixel',
    { ...good, images: [{ side: 0.5, bytes: '' }] },
    'at images.0.side has 0.5, expected a whole number',
  ],
  ['what could be null', { ...good, images: [3] }, 'file at images.0 has 3, expected an object, or null'],
  [
    'lengths that do not agree',
    { ...good, images: [null, { side: 2, bytes: 'AA==' }] },
    'file at images.1.bytes has 4 characters, expected 4 bytes in base64',
  ],
  ['a tuple', { ...good, place: [1] }, 'file at place has a list of 1, expected a list of 2'],
  ['a kind', { ...good, line: { event: 'epocg' } }, 'file at line.event has "epocg", expected "epoch" or "none"'],
  [
    'a figure',
    { ...good, line: { event: 'epoch', loss: '1' } },
    'file at line.loss has "1", expected a number, or null',
  ],
  ['one of several', { ...good, more: [2] }, 'at more has a list of 1, expected true or false, or a list of at most 2'],
])('%s is refused with its place, what is there and what is wanted', (_, value, sentence) => {
  expect(() => readAs(document, value, 'file')).toThrow(sentence);
});

test('JSON that is no number of ours is none: Infinity of 1e999, text, what objects inherit', () => {
  for (const value of ['1e999', '-1e999', '"1"', '[1]', '{}', 'true']) {
    expect(() => readAs(figure(), JSON.parse(value), 'file'), value).toThrow('expected a number, or null');
  }
  expect(() => readAs(record({ toString: text(9) }), {}, 'file')).toThrow('at toString has nothing');
  // An own key of a parsed document, which no object may take for its prototype.
  const names = table(text(20), count(), 0, 9);
  expect(Object.entries(readAs(names, JSON.parse('{"__proto__":3}'), 'file'))).toEqual([['__proto__', 3]]);
});

test('a sentence has one line of printable characters, whatever stands in the file', () => {
  const schema: Schema<unknown> = table(text(1e6), record({ n: number() }), 1, 9);
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, key) => {
      const read = () => readAs(schema, { [key]: { n: [value] } }, 'file');
      expect(read).toThrow(/^file at [^\p{Cc}\p{Cf}]{0,70}\.n has a list of 1, expected a number$/u);
      expect(() => readAs(number(), JSON.stringify(value) + key, 'file')).toThrow(
        /^file has [^\p{Cc}\p{Cf}]{0,60}, expected/u,
      );
    }),
    { seed: propertySeed },
  );
});

describe('bounded', () => {
  test('JSON of any depth', () => {
    const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
    expect(readAs(json(64), nested(64), 'file')).toEqual(nested(64));
    expect(() => readAs(json(64), nested(65), 'file')).toThrow(
      'file has a list of 1, expected JSON of at most 64 levels',
    );
    expect(() => readAs(json(64), nested(5000), 'file')).toThrow('expected JSON of at most 64 levels');
    expect(() => readAs(number(), nested(5000), 'file')).toThrow('file has a list of 1, expected a number');
  });

  test('bytes in base64, exactly as many as are wanted', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), (bytes, length) => {
        const text = Buffer.from(bytes).toString('base64');
        expect(isBase64Of(text, length)).toBe(length === bytes.length);
        expect(isBase64Of(`${text.slice(0, -1)}"`, bytes.length)).toBe(false);
      }),
      { seed: propertySeed },
    );
  });
});
