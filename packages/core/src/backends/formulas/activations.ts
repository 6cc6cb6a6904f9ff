import type { ActivationName } from '../../families/activations/index.ts';
import type { Arithmetic } from './arithmetic.ts';
import type { Value } from './formula.ts';

/** An activation of the table in families/activations, as formulas with the same bits. */
interface ActivationFormula {
  /** f(z). */
  apply(m: Arithmetic, z: Value, alpha: Value): Value;
  /** f′ from what the activation reads, z or a = f(z). */
  derivative(m: Arithmetic, za: Value, alpha: Value): Value;
}

const SQRT_HALF = 0.7071067811865476;
const INV_SQRT_2PI = 0.3989422804014327; // 1 / √(2π)

/** 2 Φ(z). */
const twiceNormal = ({ constant, plus, times, erf }: Arithmetic, z: Value): Value =>
  plus(constant(1), erf(times(z, constant(SQRT_HALF))));

/** x where z > 0, else y. */
const above = ({ constant, compare, choose }: Arithmetic, z: Value, x: Value, y: Value): Value =>
  choose(compare(z, 'greater', constant(0)), x, y);

/** Activations without a formula run their plain code. */
export const activationFormulas: Readonly<Partial<Record<ActivationName, ActivationFormula>>> = {
  identity: { apply: (_m, z) => z, derivative: ({ constant }) => constant(1) },
  sigmoid: {
    apply: ({ sigmoid }, z) => sigmoid(z),
    derivative: ({ constant, minus, times }, a) => times(a, minus(constant(1), a)),
  },
  tanh: {
    apply: ({ tanh }, z) => tanh(z),
    derivative: ({ constant, minus, times }, a) => minus(constant(1), times(a, a)),
  },
  relu: {
    apply: ({ constant, compare, keep }, z) => keep(compare(z, 'notLess', constant(0)), z),
    derivative: ({ constant, compare, keep }, a) => keep(compare(a, 'greater', constant(0)), constant(1)),
  },
  'leaky-relu': {
    apply: (m, z, alpha) => above(m, z, z, m.times(alpha, z)),
    derivative: (m, a, alpha) => above(m, a, m.constant(1), alpha),
  },
  elu: {
    apply: (m, z, alpha) => above(m, z, z, m.times(alpha, m.expm1Below(z))),
    derivative: (m, a, alpha) => above(m, a, m.constant(1), m.plus(a, alpha)),
  },
  gelu: {
    apply: (m, z) => m.times(m.times(m.constant(0.5), z), twiceNormal(m, z)),
    derivative: (m, z) => {
      const { constant, plus, times, expBelow } = m;
      const cumulative = times(constant(0.5), twiceNormal(m, z));
      const density = times(expBelow(times(times(constant(-0.5), z), z)), constant(INV_SQRT_2PI));
      return plus(cumulative, times(z, density));
    },
  },
  silu: {
    apply: ({ times, sigmoid }, z) => times(z, sigmoid(z)),
    derivative: ({ constant, plus, minus, times, sigmoid }, z) => {
      const s = sigmoid(z);
      return times(s, plus(constant(1), times(z, minus(constant(1), s))));
    },
  },
  softplus: {
    apply: ({ constant, plus, greater, negative, absolute, expBelow, log1pWithin }, z) =>
      plus(greater(constant(0), z), log1pWithin(expBelow(negative(absolute(z))))),
    derivative: ({ negative, expm1 }, a) => negative(expm1(negative(a))),
  },
  softsign: {
    apply: ({ constant, plus, over, absolute }, z) => over(z, plus(constant(1), absolute(z))),
    derivative: ({ constant, plus, times, over, absolute }, z) => {
      const size = plus(constant(1), absolute(z));
      return over(constant(1), times(size, size));
    },
  },
  step: {
    apply: ({ constant, compare, keep, choose }, z) => {
      const isNumber = compare(z, 'equal', z);
      const isAbove = compare(z, 'atLeast', constant(0));
      return choose(isNumber, keep(isAbove, constant(1)), z);
    },
    derivative: ({ constant }) => constant(0),
  },
};
