import type { Arithmetic } from './arithmetic.ts';
import type { Elementwise } from './elementwise.ts';
import type { Value } from './formula.ts';

/** y = f(inputs) for n numbers. */
const layer = (
  inputs: readonly string[],
  outputs: readonly string[],
  of: (m: Arithmetic, ...inputs: Value[]) => Value[],
): Elementwise => ({ inputs, outputs, sizes: [null, 'n'], of });

/** Elementwise operations of layers, those of packages/core/src/program/reference. */
export const layerFormulas: Readonly<Record<string, Elementwise>> = {
  gateForward: layer(['g', 'v'], ['y'], ({ multiply, sigmoid }, g, v) => [multiply(multiply(g, sigmoid(g)), v)]),
  gateBackward: layer(['g', 'v', 'dy'], ['g', 'v'], (m, g, v, dy) => {
    const { constant, add, subtract, multiply, sigmoid, flush } = m;
    const s = sigmoid(g);
    const slope = multiply(s, add(constant(1), multiply(g, subtract(constant(1), s))));
    return [flush(multiply(multiply(dy, v), slope)), flush(multiply(dy, multiply(g, s)))];
  }),
  plus: layer(['a', 'b'], ['y'], ({ add }, a, b) => [add(a, b)]),
  copy: layer(['x'], ['y'], (_m, x) => [x]),
  fill: { ...layer([], ['y'], (_m, value) => [value]), numbers: ['value'] },
};
