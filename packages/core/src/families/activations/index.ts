import type { ScalarMath } from '../../math/real-math.ts';
import type { BuiltInActivation } from './activation.ts';

/** 2 Φ(z). */
const twiceNormal = <V, C>({ constant, add, multiply, erf }: ScalarMath<V, C>, z: V): V =>
  add(constant(1), erf(multiply(z, constant(SQRT_HALF))));

const SQRT_HALF = 0.7071067811865476;
const INV_SQRT_2PI = 0.3989422804014327; // 1 / √(2π)

const SLOPE = 1.5957691216057308; // 2√(2/π)
const CUBIC = 0.07135481627260025; // 0.044715 · SLOPE

/** SLOPE + c z², with z² of at most 10⁴: σ is 0 or 1 there, and the product of both is no NaN. */
function cubicOf<V, C>({ constant, add, multiply, compare, choose }: ScalarMath<V, C>, z: V, c: number): V {
  const square = multiply(z, z);
  const boundedSquare = choose(compare(square, 'less', constant(1e4)), square, constant(1e4));
  return add(constant(SLOPE), multiply(constant(c), boundedSquare));
}

/** x where z > 0, else y. */
const above = <V, C>({ constant, compare, choose }: ScalarMath<V, C>, z: V, x: V, y: V): V =>
  choose(compare(z, 'greater', constant(0)), x, y);

const table = {
  /** z. */
  identity: { apply: (_m, z) => z, derivative: (m) => m.constant(1), reads: 'a', alpha: 0, maxSlope: 1 },
  /** 1 / (1 + e⁻ᶻ). */
  sigmoid: {
    apply: (m, z) => m.sigmoid(z),
    derivative: (m, _z, a) => m.multiply(a, m.subtract(m.constant(1), a)),
    reads: 'a',
    alpha: 0,
    maxSlope: 0.25,
  },
  /** tanh z. */
  tanh: {
    apply: (m, z) => m.tanh(z),
    derivative: (m, _z, a) => m.subtract(m.constant(1), m.multiply(a, a)),
    reads: 'a',
    alpha: 0,
    maxSlope: 1,
  },
  /** max(0, z), NaN kept. f′(0) is taken as 0. */
  relu: {
    apply: (m, z) => m.choose(m.compare(z, 'notLess', m.constant(0)), z, m.constant(0)),
    derivative: (m, _z, a) => above(m, a, m.constant(1), m.constant(0)),
    reads: 'a',
    alpha: 0,
    maxSlope: 1,
  },
  /** z if z > 0, else αz, α >= 0 (so a has the sign of z). f′(0) is taken as α. */
  'leaky-relu': {
    apply: (m, z, alpha) => above(m, z, z, m.multiply(alpha, z)),
    derivative: (m, _z, a, alpha) => above(m, a, m.constant(1), alpha),
    reads: 'a',
    alpha: 0.01,
    maxSlope: 1,
  },
  /**
   * z if z > 0, else α(eᶻ - 1), α >= 0 (so a has the sign of z). f′(0) is taken as α. [Clevert et al.
   * 2016](https://arxiv.org/abs/1511.07289)
   */
  elu: {
    apply: (m, z, alpha) => above(m, z, z, m.multiply(alpha, m.expm1Below(z))),
    derivative: (m, _z, a, alpha) => above(m, a, m.constant(1), m.add(a, alpha)),
    reads: 'a',
    alpha: 1,
    maxSlope: 1,
  },
  /**
   * z Φ(z), with the normal distribution's Φ computed by erf, not by the tanh approximation. [Hendrycks & Gimpel
   * 2016](https://arxiv.org/abs/1606.08415)
   */
  gelu: {
    apply: (m, z) => m.multiply(m.multiply(m.constant(0.5), z), twiceNormal(m, z)),
    derivative: (m, z) => {
      const { constant, add, multiply, expBelow } = m;
      const cumulative = multiply(constant(0.5), twiceNormal(m, z));
      const density = multiply(expBelow(multiply(multiply(constant(-0.5), z), z)), constant(INV_SQRT_2PI));
      return add(cumulative, multiply(z, density));
    },
    reads: 'z',
    alpha: 0,
    maxSlope: 1.1289041451851547, // at z = √2
  },
  /**
   * z σ(2√(2/π) · (z + 0.044715 z³)), which is ½ z (1 + tanh(√(2/π) · (z + 0.044715 z³))): the approximation of gelu in
   * GPT-2, there `gelu_new`. [Hendrycks & Gimpel 2016](https://arxiv.org/abs/1606.08415)
   */
  'gelu-tanh': {
    apply: (m, z) => m.multiply(z, m.sigmoid(m.multiply(z, cubicOf(m, z, CUBIC)))),
    derivative: (m, z) => {
      const { constant, add, subtract, multiply } = m;
      const s = m.sigmoid(multiply(z, cubicOf(m, z, CUBIC)));
      const rest = multiply(multiply(z, s), subtract(constant(1), s));
      return add(s, multiply(rest, cubicOf(m, z, 3 * CUBIC)));
    },
    reads: 'z',
    alpha: 0,
    maxSlope: 1.1289930687, // at z = 1.4185
  },
  /** z σ(z), also known as swish. [Elfwing et al. 2018](https://arxiv.org/abs/1702.03118) */
  silu: {
    apply: (m, z) => m.multiply(z, m.sigmoid(z)),
    derivative: ({ constant, add, subtract, multiply, sigmoid }, z) => {
      const s = sigmoid(z);
      return multiply(s, add(constant(1), multiply(z, subtract(constant(1), s))));
    },
    reads: 'z',
    alpha: 0,
    maxSlope: 1.099839320128867, // at z = 2.3994
  },
  /** log(1 + eᶻ), as max(z, 0) + log1p(e⁻|ᶻ|), which cannot overflow. f′ = 1 - e⁻ᵃ. */
  softplus: {
    apply: ({ constant, add, greater, negative, absolute, expBelow, log1pWithin }, z) =>
      add(greater(constant(0), z), log1pWithin(expBelow(negative(absolute(z))))),
    derivative: (m, _z, a) => m.negative(m.expm1(m.negative(a))),
    reads: 'a',
    alpha: 0,
    maxSlope: 1,
  },
  /**
   * z / (1 + |z|): bounded like tanh, but its slope falls as 1/z² instead of e⁻²ᶻ. f′ = 1 / (1 + |z|)². f(±∞) is NaN.
   * [Glorot & Bengio 2010, §2.3](https://proceedings.mlr.press/v9/glorot10a.html)
   */
  softsign: {
    apply: (m, z) => m.divide(z, m.add(m.constant(1), m.absolute(z))),
    derivative: ({ constant, add, multiply, divide, absolute }, z) => {
      const size = add(constant(1), absolute(z));
      return divide(constant(1), multiply(size, size));
    },
    reads: 'z',
    alpha: 0,
    maxSlope: 1,
  },
  /** 1 if z >= 0, else 0; NaN kept. The perceptron's activation. f′ is 0, so no layer before it learns by gradients. */
  step: {
    apply: ({ constant, compare, choose }, z) =>
      choose(compare(z, 'equal', z), choose(compare(z, 'atLeast', constant(0)), constant(1), constant(0)), z),
    derivative: (m) => m.constant(0),
    reads: 'a',
    alpha: 0,
    maxSlope: 0,
  },
} satisfies Record<string, BuiltInActivation>;

/** The name of an activation. */
export type ActivationName = keyof typeof table;

/** All activations with their derivatives. Each passes NaN on. */
export const activations: { readonly [K in keyof typeof table]: (typeof table)[K] } = table;

export { activate, activateBackward } from './activate.ts';
export type { Activation } from './activation.ts';
