import {
  type Expression,
  type ExpressionTerms,
  expressionOf,
} from '../../packages/core/src/families/scalars/expression.ts';
import { createRandom, type Random } from '../../packages/core/src/math/random/index.ts';

/** A step of an expression from two of its steps. */
type Draw = (e: ExpressionTerms, a: number, b: number, random: Random) => number;

const unary = ['negate', 'abs', 'sign', 'floor', 'ceil', 'round', 'exp', 'expm1', 'log', 'log1p', 'sqrt'] as const;
const more = ['square', 'reciprocal', 'tanh', 'sigmoid', 'erf', 'relu', 'softplus', 'softsign', 'silu'] as const;
const binary = ['plus', 'minus', 'times', 'over', 'minimum', 'maximum', 'above', 'below', 'atLeast', 'atMost'] as const;
const powers = [-2, -0.5, 0, 0.5, 1, 2, 3, 7.5, 0.3] as const;

/** Every function of the table that kernels have, anywhere. */
const anyFunction: readonly Draw[] = [
  ...[...unary, ...more, 'gelu' as const, 'flush' as const].map(
    (name): Draw =>
      (e, a) =>
        e[name](a),
  ),
  ...[...binary, 'equal' as const].map(
    (name): Draw =>
      (e, a, b) =>
        e[name](a, b),
  ),
  (e, a, b) => e.where(e.above(a, b), b, a),
  (e, a, _b, random) => e.power(a, powers[random.integer(powers.length)]),
  (e, a, _b, random) => e.clip(a, -random.uniform(), random.uniform()),
];

/** Functions whose values and slopes stay small: of positive numbers where others would not do. */
const tameFunction: readonly Draw[] = [
  ...(['negate', 'abs', 'tanh', 'sigmoid', 'erf', 'relu', 'softplus', 'softsign', 'silu', 'gelu'] as const).map(
    (name): Draw =>
      (e, a) =>
        e[name](a),
  ),
  ...(['sin', 'cos'] as const).map(
    (name): Draw =>
      (e, a) =>
        e[name](a),
  ),
  ...(['plus', 'minus', 'times', 'minimum', 'maximum'] as const).map(
    (name): Draw =>
      (e, a, b) =>
        e[name](a, b),
  ),
  ...(['log', 'log1p', 'sqrt', 'reciprocal'] as const).map(
    (name): Draw =>
      (e, a) =>
        e[name](positive(e, a)),
  ),
  ...(['exp', 'expm1', 'square'] as const).map(
    (name): Draw =>
      (e, a) =>
        e[name](e.tanh(a)),
  ),
  (e, a, b) => e.over(a, positive(e, b)),
  (e, a, b) => e.where(e.above(a, b), b, e.square(e.sigmoid(a))),
  (e, a, _b, random) => e.power(positive(e, a), powers[random.integer(powers.length)]),
  (e, a, _b, random) => e.clip(a, -random.uniform(), random.uniform()),
];

/** 1 + a², at most about 10. */
const positive = (e: ExpressionTerms, a: number): number =>
  e.plus(e.square(e.times(e.constant(3), e.softsign(a))), e.constant(1));

/** An expression of `inputs` inputs that a seed draws, in so many steps and more. */
export function drawnExpression(seed: number, inputs: number, steps: number, kind: 'any' | 'tame'): Expression {
  const random = createRandom(seed, 'expression');
  const functions = kind === 'any' ? anyFunction : tameFunction;
  return expressionOf((e) => {
    const pool = [
      ...Array.from({ length: inputs }, (_, k) => e.input(k)),
      e.constant(0.5),
      e.constant(random.normal()),
    ];
    const pick = (): number => pool[random.integer(pool.length)];
    for (let k = 0; k < steps; k++) pool.push(functions[random.integer(functions.length)](e, pick(), pick(), random));
    // All inputs are read, whatever was drawn.
    const rest = Array.from({ length: inputs }, (_, k) => k).reduce(
      (sum, k) => e.plus(sum, e.input(k)),
      pool.at(-1) ?? 0,
    );
    return [rest];
  });
}
