import { describe, expect, test } from 'vitest';
import * as math from '../../../../packages/core/src/math/index.ts';
import { type Known, knownValues } from './known-values.ts';

const { flush: _flush, TINY: _tiny, pow, powInteger: _powInteger, ...functions } = math;
type FunctionName = keyof typeof functions;

const { NaN: nan, MAX_VALUE: max, MIN_VALUE: min } = Number;

/** Values that hold exactly. */
const known: Record<FunctionName, Known> = {
  ...knownValues({ max, min, ulp: 2 ** -52, expOverflows: 709.7827128933841, expVanishes: -745.1332191019412 }),
  sin: [
    [nan, nan],
    [0, 0],
    [-0, -0],
    [Infinity, nan],
    [-Infinity, nan],
    [min, min],
    [-min, -min],
  ],
  cos: [
    [nan, nan],
    [0, 1],
    [-0, 1],
    [Infinity, nan],
    [-Infinity, nan],
    [min, 1],
  ],
};

describe.each(Object.entries(functions))('%s', (name, f) => {
  test.each(known[name as FunctionName])('of %d is %d', (x, y) => {
    expect(f(x)).toBe(y);
  });
});

const mirrored = [1e-300, 1e-9, 0.1, 0.4999, 0.5, 0.8749, 0.875, 1, 3.7, 21, 1e5, 2e6, 1e16, 3e200];

test.each([functions.tanh, functions.erf, functions.sin])('$name is odd to the bit', (f) => {
  for (const x of mirrored) expect(f(-x)).toBe(-f(x));
});

test('cos is even to the bit', () => {
  for (const x of mirrored) expect(functions.cos(-x)).toBe(functions.cos(x));
});

test('pow has the special values of ECMAScript', () => {
  const numbers = [0, 0.5, 1, 2, 3, min, max, Infinity].flatMap((x) => [x, -x]).concat(nan);
  const exponents = [0, min, 0.5, 1, 2, 3, 1e300, 2 ** 53 - 1, 2 ** 53, Infinity].flatMap((y) => [y, -y]).concat(nan);
  for (const x of numbers) {
    for (const y of exponents) {
      // The engine's own power is rounded as it likes; its NaN, infinities, zeros and signs are laid down.
      const expected = x ** y;
      const actual = pow(x, y);
      if (Number.isFinite(expected) && expected !== 0)
        expect([x, y, actual / expected]).toEqual([x, y, expect.closeTo(1, 14)]);
      else expect([x, y, actual]).toEqual([x, y, expected]);
    }
  }
});
