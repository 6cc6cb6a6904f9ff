import type { ScalarMath } from '../../math/real-math.ts';
import { activations } from '../activations/index.ts';
import type { Scalar, Term, Terms } from './scalar.ts';

const TWO_OVER_SQRT_PI = 1.1283791670955126;

/** 1 where the condition holds, else 0. */
const flagOf = <V, C>({ constant, choose }: ScalarMath<V, C>, condition: C): V =>
  choose(condition, constant(1), constant(0));

/** The whole number nearest to x, of two the even one. Doubles from 2⁵² on, and floats from 2²³ on, are whole. */
function roundToNearest<V, C>(m: ScalarMath<V, C>, x: V): V {
  const size = m.absolute(x);
  const noFraction = m.constant(m.type === 'float32' ? 8388608 : 4503599627370496); // a sum with it has no fraction
  const wholeNumber = m.multiply(m.subtract(m.add(size, noFraction), noFraction), m.sign(x));
  return m.choose(m.compare(size, 'less', noFraction), wholeNumber, x);
}

/** xᵖ: by products and a square root where 2p is a whole number up to 64, else e^(p ln x). */
function power<V, C>(m: ScalarMath<V, C>, x: V, p: number): V {
  const size = Math.abs(p);
  if (2 * size !== Math.floor(2 * size) || size > 32) return m.exp(m.multiply(m.constant(p), m.log(x)));
  let product: V | null = Math.floor(size) === size ? null : m.squareRoot(x);
  let square = x;
  for (let left = Math.floor(size); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) product = product === null ? square : m.multiply(product, square);
    if (left > 1) square = m.multiply(square, square);
  }
  if (product === null) return m.constant(1);
  return p < 0 ? m.divide(m.constant(1), product) : product;
}

/** d where the flag is 1, else 0. */
const kept = (e: Terms, flag: Term, d: Term): Term => e.where(flag, d, e.constant(0));

/** An activation without a parameter. Its gradient is d · f′, to the bits of its layer. */
const fromActivation = (f: Pick<Scalar, 'apply'> & { readonly derivative: NonNullable<Scalar['slope']> }) =>
  ({ operands: 1, apply: f.apply, slope: f.derivative }) satisfies Scalar;

const table = {
  /** a + b. */
  plus: { operands: 2, apply: (m, a, b) => m.add(a, b), derivative: (_e, d) => [d, d] },
  /** a - b. */
  minus: { operands: 2, apply: (m, a, b) => m.subtract(a, b), derivative: (e, d) => [d, e.negate(d)] },
  /** a · b. */
  times: {
    operands: 2,
    apply: (m, a, b) => m.multiply(a, b),
    derivative: (e, d, _y, [a, b]) => [e.times(d, b), e.times(d, a)],
  },
  /** a / b. */
  over: {
    operands: 2,
    apply: (m, a, b) => m.divide(a, b),
    derivative(e, d, y, [, b]) {
      const quotient = e.over(d, b);
      return [quotient, e.negate(e.times(quotient, y))];
    },
  },
  /** The lesser of both; NaN if one is NaN. Of equal numbers the first takes the gradient. */
  minimum: {
    operands: 2,
    apply: (m, a, b) => m.choose(m.compare(a, 'equal', a), m.choose(m.compare(a, 'less', b), a, b), a),
    derivative(e, d, _y, [a, b]) {
      const isFirst = e.atMost(a, b);
      return [kept(e, isFirst, d), e.where(isFirst, e.constant(0), d)];
    },
  },
  /** The greater of both; NaN if one is NaN. Of equal numbers the first takes the gradient. */
  maximum: {
    operands: 2,
    apply: (m, a, b) => m.choose(m.compare(a, 'equal', a), m.greater(a, b), a),
    derivative(e, d, _y, [a, b]) {
      const isFirst = e.atLeast(a, b);
      return [kept(e, isFirst, d), e.where(isFirst, e.constant(0), d)];
    },
  },
  /** 1 if a > b, else 0. */
  above: { operands: 2, apply: (m, a, b) => flagOf(m, m.compare(a, 'greater', b)) },
  /** 1 if a < b, else 0. */
  below: { operands: 2, apply: (m, a, b) => flagOf(m, m.compare(a, 'less', b)) },
  /** 1 if a >= b, else 0. */
  atLeast: { operands: 2, apply: (m, a, b) => flagOf(m, m.compare(a, 'atLeast', b)) },
  /** 1 if a <= b, else 0. */
  atMost: { operands: 2, apply: (m, a, b) => flagOf(m, m.compare(a, 'atMost', b)) },
  /** 1 if a = b, else 0. */
  equal: { operands: 2, apply: (m, a, b) => flagOf(m, m.compare(a, 'equal', b)) },
  /** b where a is not 0, else c. NaN is not 0. */
  where: {
    operands: 3,
    apply: (m, a, b, c) => m.choose(m.compare(a, 'equal', m.constant(0)), c, b),
    derivative: (e, d, _y, [a]) => [null, kept(e, a, d), e.where(a, e.constant(0), d)],
  },
  /** -x. */
  negate: { operands: 1, apply: (m, x) => m.negative(x), derivative: (e, d) => [e.negate(d)] },
  /** |x|; the slope at 0 is 0. */
  abs: { operands: 1, apply: (m, x) => m.absolute(x), derivative: (e, d, _y, [x]) => [e.times(d, e.sign(x))] },
  /** 1 or -1; x itself if it is a zero or NaN. */
  sign: { operands: 1, apply: (m, x) => m.sign(x) },
  /** The largest whole number up to x. */
  floor: {
    operands: 1,
    apply(m, x) {
      const whole = roundToNearest(m, x);
      return m.choose(m.compare(whole, 'greater', x), m.subtract(whole, m.constant(1)), whole);
    },
  },
  /** The smallest whole number from x on. */
  ceil: {
    operands: 1,
    apply(m, x) {
      const whole = roundToNearest(m, x);
      return m.choose(m.compare(whole, 'less', x), m.add(whole, m.constant(1)), whole);
    },
  },
  /** The whole number nearest to x, of two the even one. */
  round: { operands: 1, apply: roundToNearest },
  /** eˣ. */
  exp: { operands: 1, apply: (m, x) => m.exp(x), derivative: (e, d, y) => [e.times(d, y)] },
  /** eˣ - 1. */
  expm1: { operands: 1, apply: (m, x) => m.expm1(x), derivative: (e, d, y) => [e.times(d, e.plus(y, e.constant(1)))] },
  /** ln x. */
  log: { operands: 1, apply: (m, x) => m.log(x), derivative: (e, d, _y, [x]) => [e.over(d, x)] },
  /** ln(1 + x). */
  log1p: {
    operands: 1,
    apply: (m, x) => m.log1p(x),
    derivative: (e, d, _y, [x]) => [e.over(d, e.plus(x, e.constant(1)))],
  },
  /** √x. */
  sqrt: {
    operands: 1,
    apply: (m, x) => m.squareRoot(x),
    derivative: (e, d, y) => [e.over(d, e.times(e.constant(2), y))],
  },
  /** x². */
  square: {
    operands: 1,
    apply: (m, x) => m.multiply(x, x),
    derivative: (e, d, _y, [x]) => [e.times(d, e.times(e.constant(2), x))],
  },
  /** 1 / x. */
  reciprocal: {
    operands: 1,
    apply: (m, x) => m.divide(m.constant(1), x),
    derivative: (e, d, y) => [e.negate(e.times(d, e.times(y, y)))],
  },
  /** The activations of these names. */
  tanh: fromActivation(activations.tanh),
  sigmoid: fromActivation(activations.sigmoid),
  relu: fromActivation(activations.relu),
  softplus: fromActivation(activations.softplus),
  softsign: fromActivation(activations.softsign),
  silu: fromActivation(activations.silu),
  gelu: fromActivation(activations.gelu),
  /** The error function. */
  erf: {
    operands: 1,
    apply: (m, x) => m.erf(x),
    derivative: (e, d, _y, [x]) => [e.times(d, e.times(e.exp(e.negate(e.times(x, x))), e.constant(TWO_OVER_SQRT_PI)))],
  },
  /** sin x, x in radians. */
  sin: {
    operands: 1,
    isPlain: true,
    apply: (m, x) => m.sin?.(x) ?? x,
    derivative: (e, d, _y, [x]) => [e.times(d, e.cos(x))],
  },
  /** cos x, x in radians. */
  cos: {
    operands: 1,
    isPlain: true,
    apply: (m, x) => m.cos?.(x) ?? x,
    derivative: (e, d, _y, [x]) => [e.negate(e.times(d, e.sin(x)))],
  },
  /** xᵖ: NaN for x < 0 unless p is a whole number up to 32. */
  power: {
    operands: 1,
    constants: ['p'],
    apply: (m, x, _b, _c, p) => power(m, x, p),
    derivative: (e, d, _y, [x], [p]) => [p === 0 ? null : e.times(d, e.times(e.constant(p), e.power(x, p - 1)))],
  },
  /** x, but at least p and at most q; NaN kept. The slope is 1 from p to q. */
  clip: {
    operands: 1,
    constants: ['p', 'q'],
    apply(m, x, _b, _c, p, q) {
      const [low, high] = [m.constant(p), m.constant(q)];
      return m.choose(m.compare(x, 'less', low), low, m.choose(m.compare(x, 'greater', high), high, x));
    },
    derivative: (e, d, y, [x]) => [kept(e, e.equal(x, y), d)],
  },
  /** x, or 0 if |x| is so small that the products of gradients lose their digits: see docs/numerics.md. */
  flush: { operands: 1, apply: (m, x) => m.flush(x), derivative: (_e, d) => [d] },
} satisfies Record<string, Scalar>;

/** The name of a scalar function. */
export type ScalarName = keyof typeof table;

/** All scalar functions with their derivatives. */
export const scalars: Readonly<Record<ScalarName, Scalar>> = table;
