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
const twiceNormal = ({ constant, add, multiply, erf }: Arithmetic, z: Value): Value =>
  add(constant(1), erf(multiply(z, constant(SQRT_HALF))));

/** x where z > 0, else y. */
const above = ({ constant, compare, choose }: Arithmetic, z: Value, x: Value, y: Value): Value =>
  choose(compare(z, 'greater', constant(0)), x, y);

/** Activations without a formula run their plain code. */
export const activationFormulas: Readonly<Partial<Record<ActivationName, ActivationFormula>>> = {
  identity: { apply: (_m, z) => z, derivative: ({ constant }) => constant(1) },
  sigmoid: {
    apply: ({ sigmoid }, z) => sigmoid(z),
    derivative: ({ constant, subtract, multiply }, a) => multiply(a, subtract(constant(1), a)),
  },
  tanh: {
    apply: ({ tanh }, z) => tanh(z),
    derivative: ({ constant, subtract, multiply }, a) => subtract(constant(1), multiply(a, a)),
  },
  relu: {
    apply: ({ constant, compare, chooseOrZero }, z) => chooseOrZero(compare(z, 'notLess', constant(0)), z),
    derivative: ({ constant, compare, chooseOrZero }, a) =>
      chooseOrZero(compare(a, 'greater', constant(0)), constant(1)),
  },
  'leaky-relu': {
    apply: (m, z, alpha) => above(m, z, z, m.multiply(alpha, z)),
    derivative: (m, a, alpha) => above(m, a, m.constant(1), alpha),
  },
  elu: {
    apply: (m, z, alpha) => above(m, z, z, m.multiply(alpha, m.expm1Below(z))),
    derivative: (m, a, alpha) => above(m, a, m.constant(1), m.add(a, alpha)),
  },
  gelu: {
    apply: (m, z) => m.multiply(m.multiply(m.constant(0.5), z), twiceNormal(m, z)),
    derivative: (m, z) => {
      const { constant, add, multiply, expBelow } = m;
      const cumulative = multiply(constant(0.5), twiceNormal(m, z));
      const density = multiply(expBelow(multiply(multiply(constant(-0.5), z), z)), constant(INV_SQRT_2PI));
      return add(cumulative, multiply(z, density));
    },
  },
  silu: {
    apply: ({ multiply, sigmoid }, z) => multiply(z, sigmoid(z)),
    derivative: ({ constant, add, subtract, multiply, sigmoid }, z) => {
      const s = sigmoid(z);
      return multiply(s, add(constant(1), multiply(z, subtract(constant(1), s))));
    },
  },
  softplus: {
    apply: ({ constant, add, greater, negative, absolute, expBelow, log1pWithin }, z) =>
      add(greater(constant(0), z), log1pWithin(expBelow(negative(absolute(z))))),
    derivative: ({ negative, expm1 }, a) => negative(expm1(negative(a))),
  },
  softsign: {
    apply: ({ constant, add, divide, absolute }, z) => divide(z, add(constant(1), absolute(z))),
    derivative: ({ constant, add, multiply, divide, absolute }, z) => {
      const size = add(constant(1), absolute(z));
      return divide(constant(1), multiply(size, size));
    },
  },
  step: {
    apply: ({ constant, compare, chooseOrZero, choose }, z) => {
      const isNumber = compare(z, 'equal', z);
      const isAbove = compare(z, 'atLeast', constant(0));
      return choose(isNumber, chooseOrZero(isAbove, constant(1)), z);
    },
    derivative: ({ constant }) => constant(0),
  },
};
