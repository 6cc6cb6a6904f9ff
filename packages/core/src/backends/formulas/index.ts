import type { BuiltInActivation } from '../../families/activations/activation.ts';
import { activations } from '../../families/activations/index.ts';
import { functionName } from '../../program/op.ts';
import { type Elementwise, elementwiseOp } from './arithmetic.ts';
import type { Condition, Value } from './formula.ts';
import { channelFormulas } from './norms.ts';

/** All elementwise operations with machine code, by operation name. */
export const elementwise: Readonly<Record<string, Elementwise>> = {
  ...activationOps(),
  ...channelFormulas,
  gateForward: elementwiseOp(['g', 'v'], ['y'], ({ multiply, sigmoid }, g, v) => [
    multiply(multiply(g, sigmoid(g)), v),
  ]),
  gateBackward: elementwiseOp(['g', 'v', 'dy'], ['g', 'v'], (m, g, v, dy) => {
    const { constant, add, subtract, multiply, sigmoid, flush } = m;
    const s = sigmoid(g);
    const slope = multiply(s, add(constant(1), multiply(g, subtract(constant(1), s))));
    return [flush(multiply(multiply(dy, v), slope)), flush(multiply(dy, multiply(g, s)))];
  }),
  plus: elementwiseOp(['a', 'b'], ['y'], ({ add }, a, b) => [add(a, b)]),
  copy: elementwiseOp(['x'], ['y'], (_m, x) => [x]),
  divide: elementwiseOp(['x'], ['y'], (m, x, divisor) => [m.flush(m.divide(x, divisor))], ['divisor']),
  fill: elementwiseOp([], ['y'], (_m, value) => [value], ['value']),
  combine: elementwiseOp(
    ['y', 'x'],
    ['y'],
    ({ add, multiply }, y, x, factorOfX, factorOfY) => [add(multiply(factorOfX, x), multiply(factorOfY, y))],
    ['ofX', 'ofY'],
  ),
  add: elementwiseOp(['sum', 'term'], ['sum'], ({ add }, sum, term) => [add(sum, term)]),
  scale: { ...elementwiseOp(['g'], ['g'], ({ multiply }, g, factor) => [multiply(g, factor)], ['factor']), neutral: 1 },
  averageWeights: elementwiseOp(
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
  for (const [name, { apply, derivative, alpha }] of Object.entries<BuiltInActivation>(activations)) {
    const numbers = alpha === 0 ? [] : ['alpha'];
    const op = functionName(name);
    const backward: Elementwise['apply'] = (m, da, za, alpha) => [
      m.flush(m.multiply(da, derivative<Value, Condition>(m, za, za, alpha))),
    ];
    entries.push(
      [`${op}Forward`, elementwiseOp(['z'], ['a'], (m, z, alpha) => [apply<Value, Condition>(m, z, alpha)], numbers)],
      [`${op}Backward`, elementwiseOp(['da', 'za'], ['dz'], backward, numbers)],
    );
  }
  return Object.fromEntries(entries);
}
