import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fmaf } from '../../../../packages/core/src/math/fma.ts';
import { arithmetics } from '../../../support/arithmetic.ts';
import { counted } from '../../../support/count.ts';
import { fillHardValues, valueMixes } from '../../../support/hard-values.ts';
import { propertySeed } from '../../../support/seed.ts';

const { of, add, sub, mul, fma, div, sqrt } = arithmetics.float32;
const round = Math.fround;

/** Three floats that look for trouble. */
const triples = fc.tuple(fc.constantFrom(...valueMixes), fc.integer()).map(([mix, seed]) => {
  const triple = new Float32Array(3);
  fillHardValues(triple, mix, seed);
  return triple;
});

// A double rounded once more is right, since it has more than twice the digits (Figueroa 1995): two ways that agree.
test(`an operation of floats by whole numbers is that of doubles, rounded once more (seed ${propertySeed})`, () => {
  const check = fc.property(triples, ([a, b, c]) => {
    expect([add(a, b), sub(a, b), mul(a, b), div(a, b), sqrt(a)]).toEqual(
      [a + b, a - b, a * b, a / b, Math.sqrt(a)].map(round),
    );
    expect(fma(a, b, c)).toBe(fmaf(a, b, c));
    expect(fma(a, b, round(-a * b))).toBe(fmaf(a, b, round(-a * b)));
  });
  fc.assert(check, { seed: propertySeed, numRuns: counted(2000, 20_000) });
});

test('a double is rounded to the nearest float, ties to even, tiny ones and those past the largest too', () => {
  const [tie, smallest, largest] = [1 + 2 ** -24, 2 ** -149, (2 - 2 ** -23) * 2 ** 127];
  expect([of(tie), of(-tie), of(1 + 3 * 2 ** -24)]).toEqual([1, -1, 1 + 2 ** -22]);
  expect([of(tie + 2 ** -52), of(0.1)]).toEqual([1 + 2 ** -23, round(0.1)]);
  expect([of(smallest / 2), of(smallest * 0.75), of(smallest * 1.5)]).toEqual([0, smallest, 2 * smallest]);
  expect([of(largest * (1 + 2 ** -25)), of(largest * (1 + 2 ** -24)), of(-1e300)]).toEqual([
    largest,
    Infinity,
    -Infinity,
  ]);
});
