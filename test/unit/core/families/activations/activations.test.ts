import { describe, expect, test } from 'vitest';
import { activationOf } from '../../../../../packages/core/src/custom/define-activation.ts';
import {
  type Activation,
  type ActivationName,
  activate,
  activateBackward,
  activations,
} from '../../../../../packages/core/src/families/activations/index.ts';
import {
  createElements,
  type Elements,
  type ElementType,
  elementTypes,
} from '../../../../../packages/core/src/math/element-type.ts';
import { FLUSH_BELOW } from '../../../../../packages/core/src/math/flush.ts';
import { mathOf } from '../../../../../packages/core/src/math/real-math.ts';
import { maxError } from '../../../../support/errors.ts';
import { numericDerivative } from '../../../../support/numeric-gradient.ts';

const double = mathOf('float64');
const table: [string, Activation][] = Object.entries(activations);
const withGradient = table.filter(([, activation]) => activation.maxSlope > 0);
const evenly = (from: number, to: number, n: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => from + ((to - from) * i) / (n - 1));

/** The derivative as a layer takes it: from what `reads` says, the other argument being NaN. */
function slope({ apply, derivative, reads }: Activation, z: number, alpha: number, math = double): number {
  return reads === 'z'
    ? derivative(math, z, Number.NaN, alpha)
    : derivative(math, Number.NaN, apply(math, z, alpha), alpha);
}

/** f(1), f(-1), f′(0), f′(-1) at the default alpha, from the formulas at 50 digits (mpmath). */
const known: Record<ActivationName, [number, number, number, number]> = {
  identity: [1, -1, 1, 1],
  sigmoid: [0.7310585786300049, 0.2689414213699951, 0.25, 0.19661193324148185],
  tanh: [0.7615941559557649, -0.7615941559557649, 1, 0.4199743416140261],
  relu: [1, 0, 0, 0],
  'leaky-relu': [1, -0.01, 0.01, 0.01],
  elu: [1, -0.6321205588285577, 1, 0.36787944117144233],
  gelu: [0.8413447460685429, -0.15865525393145705, 0.5, -0.0833154705876863],
  'gelu-tanh': [0.8411919906082768, -0.15880800939172326, 0.5, -0.08296408384578256],
  silu: [0.7310585786300049, -0.2689414213699951, 0.5, 0.07232948812851327],
  softplus: [1.3132616875182228, 0.3132616875182228, 0.5, 0.2689414213699951],
  softsign: [0.5, -0.5, 1, 0.25],
  step: [1, 0, 0, 0],
};

/** A unit in the last place of numbers from 1 to 2, and large numbers. */
const types: [ElementType, unit: number, large: readonly number[]][] = [
  ['float64', 2 ** -52, [1e3, 1e154, 1e300]],
  ['float32', 2 ** -23, [1e3, 1e19, 1e38]],
];

test('every activation has known values', () => {
  expect(Object.keys(known)).toEqual(Object.keys(activations));
});

test('step alone passes no gradient', () => {
  expect(table.filter(([, { maxSlope }]) => maxSlope === 0).map(([name]) => name)).toEqual(['step']);
  for (const z of [-1, 0, 1]) expect(slope(activations.step, z, 0)).toBe(0);
});

test('softsign and its slope are those of PyTorch, and exact where 1 - |a| is not', () => {
  // torch.nn.functional.softsign and its gradient by autograd, PyTorch 2.6.0, float64
  const values: [z: number, a: number, slope: number][] = [
    [-30, -0.967741935483871, 0.00104058272632674],
    [-1.25, -0.5555555555555556, 0.19753086419753083],
    [-0.1, -0.09090909090909091, 0.8264462809917354],
    [0.3, 0.23076923076923075, 0.5917159763313609],
    [2, 0.6666666666666666, 0.1111111111111111],
    [1e8, 0.9999999900000001, 1 / (1 + 1e8) ** 2], // PyTorch has 9.99999983775159e-17, from a
  ];
  for (const [z, a, slopeAt] of values) {
    expect(activations.softsign.apply(double, z)).toBe(a);
    expect(Math.abs(slope(activations.softsign, z, 0) / slopeAt - 1)).toBeLessThan(4e-15);
  }
});

test('step is 1 from 0 on', () => {
  expect([-5e-324, -0, 0, 5e-324].map((z) => activations.step.apply(double, z))).toEqual([0, 1, 1, 1]);
});

describe.each(table)('%s', (name, activation) => {
  describe.each(types)('of %s', (type, unit, large) => {
    const math = mathOf(type);
    const { round } = math;
    const alpha = round(activation.alpha);
    const apply = (z: number): number => activation.apply(math, z, alpha);
    const slopeAt = (z: number): number => slope(activation, z, alpha, math);

    test('meets its known values', () => {
      const values = [apply(1), apply(-1), slopeAt(0), slopeAt(-1)];
      expect(maxError(values, known[name as ActivationName])).toBeLessThan(2 * unit);
    });

    test('keeps NaN visible', () => {
      expect(apply(Number.NaN)).toBeNaN();
    });

    test('is finite, with a finite slope, as far as numbers go', () => {
      for (const z of large) {
        for (const at of [round(z), -round(z)]) {
          expect([at, Number.isFinite(apply(at))]).toEqual([at, true]);
          expect([at, Number.isFinite(slopeAt(at))]).toEqual([at, true]);
        }
      }
    });

    test('maxSlope is the largest slope, and is reached', () => {
      const slopes = evenly(-10, 10, 20_001).map((z) => Math.abs(slopeAt(round(z))));
      expect(Math.max(...slopes)).toBeLessThanOrEqual(round(activation.maxSlope));
      expect(Math.max(...slopes)).toBeGreaterThan(activation.maxSlope - 1e-4);
    });

    test('values and slopes are numbers of the type, and near those of doubles', () => {
      for (const z of evenly(-12, 12, 5001).map(round)) {
        const [a, s] = [apply(z), slopeAt(z)];
        expect([z, round(a), round(s)]).toEqual([z, a, s]);
        const allowed = 2 * unit * Math.max(1, Math.abs(z));
        expect(Math.abs(a - activation.apply(double, z, alpha))).toBeLessThan(allowed);
        expect(Math.abs(s - slope(activation, z, alpha))).toBeLessThan(allowed);
      }
    });
  });
});

describe.each(withGradient)('%s', (_name, activation) => {
  // 80 points from -3.95 to 3.95, none closer to the kink at 0 than 0.05.
  test.each([...new Set([activation.alpha, 0.3, 0])])('its derivative is the central difference, alpha %d', (alpha) => {
    const points = evenly(-3.95, 3.95, 80);
    const expected = points.map((z) => numericDerivative((at) => activation.apply(double, at, alpha), z));
    expect(
      maxError(
        points.map((z) => slope(activation, z, alpha)),
        expected,
      ),
    ).toBeLessThan(1e-10);
  });
});

describe.each(table)('the loops over %s', (_name, activation) => {
  describe.each(elementTypes)('in %s', (type) => {
    const math = mathOf(type);
    const { round } = math;
    const { alpha } = activation; // 0.01 is no float: loops round it once
    const roundedAlpha = round(alpha);
    const of = (...values: number[]): Elements => {
      const array = createElements(type, values.length);
      array.set(values);
      return array;
    };
    const z = of(-2.1, -0.5, 0, 0.5, 2);
    const applied = z.map((at) => activation.apply(math, at, roundedAlpha));
    const n = 4;

    test('apply it to the first n numbers, in place too', () => {
      const inPlace = z.slice();
      activate(activation, inPlace, inPlace, n, alpha);
      expect(inPlace).toEqual(z.map((at, i) => (i < n ? applied[i] : at)));
    });

    test('multiply the first n gradients by its slope, in place too', () => {
      const da = of(2.1, -1, 2, -4, 5);
      const inPlace = da.slice();
      activateBackward(activation, inPlace, inPlace, activation.reads === 'z' ? z : applied, n, alpha);
      expect(inPlace.map((x) => x + 0)).toEqual(
        da.map((x, i) => (i < n ? round(x * slope(activation, z[i], roundedAlpha, math)) : x) + 0), // + 0: -0 is 0
      );
    });

    test('flush tiny gradients to 0', () => {
      const tiny = FLUSH_BELOW[type];
      const da = of(tiny / 4, -tiny / 4);
      activateBackward(activation, da, da, of(0.5, 0.5), 2, alpha);
      expect(da).toEqual(of(0, 0));
    });
  });
});

test('what an own activation gives is rounded to floats, value and slope', () => {
  const third = activationOf({ name: 'third', apply: (z) => z / 3, derivative: () => 1 / 3 });
  const [a, da] = [Float32Array.of(1), Float32Array.of(7)];
  activate(third, a, a, 1, 0);
  activateBackward(third, da, da, a, 1, 0);
  expect([a[0], da[0]]).toEqual([Math.fround(1 / 3), Math.fround(7 * Math.fround(1 / 3))]);
  expect(Math.fround(7 / 3)).not.toBe(da[0]); // else the slope could be a double
});
