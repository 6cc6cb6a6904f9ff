import { erf } from '../../math/erf.ts';
import { exp } from '../../math/exp.ts';
import { expm1 } from '../../math/expm1.ts';
import { log1p } from '../../math/log1p.ts';
import { sigmoid } from '../../math/sigmoid.ts';
import { tanh } from '../../math/tanh.ts';
import type { Activation } from './activation.ts';

const SQRT_HALF = 0.7071067811865476;
const INV_SQRT_2PI = 0.3989422804014327; // 1 / √(2π)

const table = {
  /** z. */
  identity: { apply: (z) => z, derivative: () => 1, reads: 'a', alpha: 0, maxSlope: 1 },
  /** 1 / (1 + e⁻ᶻ). */
  sigmoid: { apply: sigmoid, derivative: (_z, a) => a * (1 - a), reads: 'a', alpha: 0, maxSlope: 0.25 },
  /** tanh z. */
  tanh: { apply: tanh, derivative: (_z, a) => 1 - a * a, reads: 'a', alpha: 0, maxSlope: 1 },
  /** max(0, z), NaN kept. f′(0) is taken as 0. */
  relu: { apply: (z) => (z < 0 ? 0 : z), derivative: (_z, a) => (a > 0 ? 1 : 0), reads: 'a', alpha: 0, maxSlope: 1 },
  /** z where z > 0, else αz, α >= 0 (so that a has the sign of z). f′(0) is taken as α. */
  'leaky-relu': {
    apply: (z, alpha) => (z > 0 ? z : alpha * z),
    derivative: (_z, a, alpha) => (a > 0 ? 1 : alpha),
    reads: 'a',
    alpha: 0.01,
    maxSlope: 1,
  },
  /**
   * z where z > 0, else α(eᶻ - 1), α >= 0 (so that a has the sign of z). f′(0) is taken as α. [Clevert et al.
   * 2016](https://arxiv.org/abs/1511.07289)
   */
  elu: {
    apply: (z, alpha) => (z > 0 ? z : alpha * expm1(z)),
    derivative: (_z, a, alpha) => (a > 0 ? 1 : a + alpha),
    reads: 'a',
    alpha: 1,
    maxSlope: 1,
  },
  /**
   * z Φ(z) with the normal distribution's Φ by erf, not the tanh approximation. [Hendrycks & Gimpel
   * 2016](https://arxiv.org/abs/1606.08415)
   */
  gelu: {
    apply: (z) => 0.5 * z * (1 + erf(z * SQRT_HALF)),
    derivative: (z) => 0.5 * (1 + erf(z * SQRT_HALF)) + z * (exp(-0.5 * z * z) * INV_SQRT_2PI),
    reads: 'z',
    alpha: 0,
    maxSlope: 1.1289041451851547, // at z = √2
  },
  /** z σ(z), also known as swish. [Elfwing et al. 2018](https://arxiv.org/abs/1702.03118) */
  silu: {
    apply: (z) => z * sigmoid(z),
    derivative: (z) => {
      const s = sigmoid(z);
      return s * (1 + z * (1 - s));
    },
    reads: 'z',
    alpha: 0,
    maxSlope: 1.099839320128867, // at z = 2.3994
  },
  /** log(1 + eᶻ), as max(z, 0) + log1p(e⁻|ᶻ|), which cannot overflow. f′ = 1 - e⁻ᵃ. */
  softplus: {
    apply: (z) => Math.max(z, 0) + log1p(exp(-Math.abs(z))),
    derivative: (_z, a) => -expm1(-a),
    reads: 'a',
    alpha: 0,
    maxSlope: 1,
  },
  /**
   * z / (1 + |z|): bounded like tanh, but its slope falls as 1/z², not as e⁻²ᶻ. f′ = 1 / (1 + |z|)². f(±∞) is NaN.
   * [Glorot & Bengio 2010, §2.3](https://proceedings.mlr.press/v9/glorot10a.html)
   */
  softsign: {
    apply: (z) => z / (1 + Math.abs(z)),
    derivative: (z) => {
      const size = 1 + Math.abs(z);
      return 1 / (size * size);
    },
    reads: 'z',
    alpha: 0,
    maxSlope: 1,
  },
  /**
   * 1 where z >= 0, else 0, NaN kept: the perceptron's, forward only. f′ is 0, so nothing before it learns by
   * gradients.
   */
  step: {
    apply: (z) => (Number.isNaN(z) ? z : z >= 0 ? 1 : 0),
    derivative: () => 0,
    reads: 'a',
    alpha: 0,
    maxSlope: 0,
  },
} satisfies Record<string, Activation>;

/** The name of an activation. */
export type ActivationName = keyof typeof table;

/** Every activation: its scalar pair. NaN passes through each of them. */
export const activations: { readonly [K in keyof typeof table]: (typeof table)[K] } = table;

export { activate, activateBackward } from './activate.ts';
export type { Activation } from './activation.ts';
