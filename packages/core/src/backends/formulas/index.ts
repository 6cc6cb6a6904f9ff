import { activations } from '../../families/activations/index.ts';
import { functionName } from '../../program/op.ts';
import { activationFormulas } from './activations.ts';
import type { Arithmetic, Elementwise } from './arithmetic.ts';
import type { Value } from './formula.ts';
import { channelFormulas } from './norms.ts';

/** outputs = of(inputs), number by number, for n numbers. */
const vectors = (
  inputs: readonly string[],
  outputs: readonly string[],
  of: (m: Arithmetic, ...values: Value[]) => Value[],
  numbers: readonly string[] = [],
): Elementwise => ({ inputs, outputs, numbers, sizes: [null, 'n'], of });

/** All elementwise operations with machine code, by operation name. */
export const elementwise: Readonly<Record<string, Elementwise>> = {
  ...activationOps(),
  ...channelFormulas,
  gateForward: vectors(['g', 'v'], ['y'], ({ multiply, sigmoid }, g, v) => [multiply(multiply(g, sigmoid(g)), v)]),
  gateBackward: vectors(['g', 'v', 'dy'], ['g', 'v'], (m, g, v, dy) => {
    const { constant, add, subtract, multiply, sigmoid, flush } = m;
    const s = sigmoid(g);
    const slope = multiply(s, add(constant(1), multiply(g, subtract(constant(1), s))));
    return [flush(multiply(multiply(dy, v), slope)), flush(multiply(dy, multiply(g, s)))];
  }),
  plus: vectors(['a', 'b'], ['y'], ({ add }, a, b) => [add(a, b)]),
  copy: vectors(['x'], ['y'], (_m, x) => [x]),
  fill: vectors([], ['y'], (_m, value) => [value], ['value']),
  add: vectors(['sum', 'term'], ['sum'], ({ add }, sum, term) => [add(sum, term)]),
  scale: { ...vectors(['g'], ['g'], ({ multiply }, g, factor) => [multiply(g, factor)], ['factor']), neutral: 1 },
  averageWeights: vectors(
    ['average', 'theta'],
    ['average'],
    ({ constant, flush, add, subtract, multiply }, average, theta, smoothing) => [
      flush(add(multiply(subtract(constant(1), smoothing), average), multiply(smoothing, theta))),
    ],
    ['smoothing'],
  ),
};

function activationOps(): Record<string, Elementwise> {
  const entries: [string, Elementwise][] = [];
  for (const [name, { apply, derivative }] of Object.entries(activationFormulas)) {
    const numbers = activations[name as keyof typeof activations].alpha === 0 ? [] : ['alpha'];
    const op = functionName(name);
    entries.push(
      [`${op}Forward`, vectors(['z'], ['a'], (m, z, alpha) => [apply(m, z, alpha)], numbers)],
      [
        `${op}Backward`,
        vectors(
          ['da', 'za'],
          ['dz'],
          (m, da, za, alpha) => [m.flush(m.multiply(da, derivative(m, za, alpha)))],
          numbers,
        ),
      ],
    );
  }
  return Object.fromEntries(entries);
}
