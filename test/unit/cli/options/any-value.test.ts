import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { trainOptions } from '../../../../packages/cli/src/commands/train/options.ts';
import { type Option, readValue } from '../../../../packages/cli/src/options/option.ts';
import { counted } from '../../../support/count.ts';
import { propertySeed } from '../../../support/seed.ts';

const options: [string, Option<unknown>][] = Object.entries(trainOptions);

/** Pieces of what options take, so that texts come near to it. */
const pieces = fc.constantFrom(
  ...options.flatMap(([, { choices = [] }]) => choices),
  ...[
    '=',
    ':',
    ',',
    '..',
    '-',
    '+',
    '.',
    'e',
    '1',
    '0',
    '128',
    '1e400',
    '1e-400',
    '9007199254740993',
    'NaN',
    'Infinity',
  ],
  ...[
    'lr',
    'alpha',
    'gamma',
    'momentum',
    'kind',
    '__proto__',
    'constructor',
    'toString',
    'true',
    'null',
    '{',
    '}',
    '[',
    ' ',
  ],
);

const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join('')),
  fc.double().map(String),
);

const extremes = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 2 ** 53);

const objects = fc.record(
  { kind: fc.oneof(pieces, fc.jsonValue()), lr: fc.jsonValue(), alpha: extremes, momentum: fc.double() },
  { requiredKeys: ['kind'] },
);

/** Numbers in a value that nobody can compute with. */
const strange = (value: unknown): boolean =>
  typeof value === 'number'
    ? !Number.isFinite(value)
    : typeof value === 'object' && value !== null && Object.values(value).some(strange);

/** A value that can be computed with, or one sentence that names the option. */
function check(option: Option<unknown>, name: string, raw: unknown): void {
  let value: unknown;
  try {
    value = readValue(option, name, raw);
  } catch (error) {
    expect(String(error)).toMatch(/^(Option)?Error: [^\n]+, (which has no gradient, )?expected [^\n]+$/);
    expect(
      String(error)
        .replace(/^(Option)?Error: /, '')
        .startsWith(name),
    ).toBe(true);
    return;
  }
  // A network is handed on as it came: it is looked at layer by layer where it is built.
  if (name.endsWith('spec') && value === raw) return;
  expect(strange(value)).toBe(false);
}

describe.each(options)('--%s makes a value or one sentence that names it', (name, option) => {
  const settings = { seed: propertySeed, numRuns: counted(100, 300) };

  test('of any text', () => {
    fc.assert(
      fc.property(texts, (text) => check(option, `--${name}`, text)),
      settings,
    );
  });

  test('of any value of a config file', () => {
    const values = fc.oneof(fc.jsonValue(), objects, extremes, fc.double(), texts, fc.array(fc.double()));
    fc.assert(
      fc.property(values, (value) => check(option, `--config a.json: ${name}`, value)),
      settings,
    );
  });
});
