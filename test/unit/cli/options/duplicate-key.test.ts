import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { duplicateKey } from '../../../../packages/cli/src/options/read-object.ts';
import { propertySeed } from '../../../support/seed.ts';

test('what JSON.stringify writes has no key twice', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
      expect(duplicateKey(JSON.stringify(value, null, indent))).toBeUndefined();
    }),
    { seed: propertySeed },
  );
});

test('a duplicate key in any object is found, however it is written', () => {
  const text = (key: string, escaped: boolean) =>
    escaped
      ? `"${[...key].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`
      : JSON.stringify(key);
  const key = fc.string({ unit: 'binary-ascii' });
  fc.assert(
    fc.property(fc.dictionary(key, fc.jsonValue()), key, fc.boolean(), (others, twice, escaped) => {
      const entries = Object.entries(others).filter(([name]) => name !== twice);
      const between = entries.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}, `).join('');
      const json = `[{ "in": [{ ${text(twice, escaped)}: 1, ${between}${JSON.stringify(twice)}: 2 }] }]`;
      expect(duplicateKey(json)).toBe(twice);
    }),
    { seed: propertySeed },
  );
});

describe('keys of different objects may be the same', () => {
  test.each(['[{"a":1},{"a":2}]', '{"a":{"a":{"a":"a"}}}', '{"a":["b","b"],"b":"a:a"}', '{"a\\"":1,"a":2}'])(
    '%s',
    (json) => expect(duplicateKey(json)).toBeUndefined(),
  );
});
