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
  gateForward: layer(['g', 'v'], ['y'], ({ times, sigmoid }, g, v) => [times(times(g, sigmoid(g)), v)]),
  gateBackward: layer(['g', 'v', 'dy'], ['g', 'v'], (m, g, v, dy) => {
    const { constant, plus, minus, times, sigmoid, flush } = m;
    const s = sigmoid(g);
    const slope = times(s, plus(constant(1), times(g, minus(constant(1), s))));
    return [flush(times(times(dy, v), slope)), flush(times(dy, times(g, s)))];
  }),
  plus: layer(['a', 'b'], ['y'], ({ plus }, a, b) => [plus(a, b)]),
  copy: layer(['x'], ['y'], (_m, x) => [x]),
  fill: { ...layer([], ['y'], (_m, value) => [value]), numbers: ['value'] },
};
