import type { RealMath } from '../../math/real-math.ts';
import type { Activation } from './activation.ts';

/** 2 Φ(z). */
const twiceNormal = ({ round, erf }: RealMath, z: number): number => round(1 + erf(round(z * round(SQRT_HALF))));

const SQRT_HALF = 0.7071067811865476;
const INV_SQRT_2PI = 0.3989422804014327; // 1 / √(2π)

const table = {
  /** z. */
  identity: { apply: (_math, z) => z, derivative: () => 1, reads: 'a', alpha: 0, maxSlope: 1 },
  /** 1 / (1 + e⁻ᶻ). */
  sigmoid: {
    apply: ({ sigmoid }, z) => sigmoid(z),
    derivative: ({ round }, _z, a) => round(a * round(1 - a)),
    reads: 'a',
    alpha: 0,
    maxSlope: 0.25,
  },
  /** tanh z. */
  tanh: {
    apply: ({ tanh }, z) => tanh(z),
    derivative: ({ round }, _z, a) => round(1 - round(a * a)),
    reads: 'a',
    alpha: 0,
    maxSlope: 1,
  },
  /** max(0, z), NaN kept. f′(0) is taken as 0. */
  relu: {
    apply: (_math, z) => (z < 0 ? 0 : z),
    derivative: (_math, _z, a) => (a > 0 ? 1 : 0),
    reads: 'a',
    alpha: 0,
    maxSlope: 1,
  },
  /** z if z > 0, else αz, α >= 0 (so a has the sign of z). f′(0) is taken as α. */
  'leaky-relu': {
    apply: ({ round }, z, alpha) => (z > 0 ? z : round(alpha * z)),
    derivative: (_math, _z, a, alpha) => (a > 0 ? 1 : alpha),
    reads: 'a',
    alpha: 0.01,
    maxSlope: 1,
  },
  /**
   * z if z > 0, else α(eᶻ - 1), α >= 0 (so a has the sign of z). f′(0) is taken as α. [Clevert et al.
   * 2016](https://arxiv.org/abs/1511.07289)
   */
  elu: {
    apply: ({ round, expm1 }, z, alpha) => (z > 0 ? z : round(alpha * expm1(z))),
    derivative: ({ round }, _z, a, alpha) => (a > 0 ? 1 : round(a + alpha)),
    reads: 'a',
    alpha: 1,
    maxSlope: 1,
  },
  /**
   * z Φ(z), with the normal distribution's Φ computed by erf, not by the tanh approximation. [Hendrycks & Gimpel
   * 2016](https://arxiv.org/abs/1606.08415)
   */
  gelu: {
    apply: (math, z) => math.round(math.round(0.5 * z) * twiceNormal(math, z)),
    derivative: (math, z) => {
      const { round, exp } = math;
      const density = round(exp(round(round(-0.5 * z) * z)) * round(INV_SQRT_2PI));
      return round(round(0.5 * twiceNormal(math, z)) + round(z * density));
    },
    reads: 'z',
    alpha: 0,
    maxSlope: 1.1289041451851547, // at z = √2
  },
  /** z σ(z), also known as swish. [Elfwing et al. 2018](https://arxiv.org/abs/1702.03118) */
  silu: {
    apply: ({ round, sigmoid }, z) => round(z * sigmoid(z)),
    derivative: ({ round, sigmoid }, z) => {
      const s = sigmoid(z);
      return round(s * round(1 + round(z * round(1 - s))));
    },
    reads: 'z',
    alpha: 0,
    maxSlope: 1.099839320128867, // at z = 2.3994
  },
  /** log(1 + eᶻ), as max(z, 0) + log1p(e⁻|ᶻ|), which cannot overflow. f′ = 1 - e⁻ᵃ. */
  softplus: {
    apply: ({ round, exp, log1p }, z) => round(Math.max(z, 0) + log1p(exp(-Math.abs(z)))),
    derivative: ({ expm1 }, _z, a) => -expm1(-a),
    reads: 'a',
    alpha: 0,
    maxSlope: 1,
  },
  /**
   * z / (1 + |z|): bounded like tanh, but its slope falls as 1/z² instead of e⁻²ᶻ. f′ = 1 / (1 + |z|)². f(±∞) is NaN.
   * [Glorot & Bengio 2010, §2.3](https://proceedings.mlr.press/v9/glorot10a.html)
   */
  softsign: {
    apply: ({ round }, z) => round(z / round(1 + Math.abs(z))),
    derivative: ({ round }, z) => {
      const size = round(1 + Math.abs(z));
      return round(1 / round(size * size));
    },
    reads: 'z',
    alpha: 0,
    maxSlope: 1,
  },
  /** 1 if z >= 0, else 0; NaN kept. The perceptron's activation. f′ is 0, so no layer before it learns by gradients. */
  step: {
    apply: (_math, z) => (Number.isNaN(z) ? z : z >= 0 ? 1 : 0),
    derivative: () => 0,
    reads: 'a',
    alpha: 0,
    maxSlope: 0,
  },
} satisfies Record<string, Activation>;

/** The name of an activation. */
export type ActivationName = keyof typeof table;

/** All activations with their derivatives. Each passes NaN on. */
export const activations: { readonly [K in keyof typeof table]: (typeof table)[K] } = table;

export { activate, activateBackward } from './activate.ts';
export type { Activation } from './activation.ts';
