import type { Value } from '@gradloom/core';
import type { Operator } from './operator.ts';
import { unary } from './scalars.ts';

// Trigonometric and hyperbolic functions, from those that layers have. Those of numbers near 0 that are differences
// have the precision of 1, not that of the number.

const sin = (x: Value): Value => x.through({ kind: 'sin' });
const cos = (x: Value): Value => x.through({ kind: 'cos' });
const sign = (x: Value): Value => x.through({ kind: 'sign' });

export const trigonometricOperators = {
  Acosh: unary(Math.acosh, (x) => x.square().minus(1).sqrt().plus(x).log()),
  Asinh: unary(Math.asinh, (x) => x.square().plus(1).sqrt().plus(x.abs()).log().times(sign(x))),
  Atanh: unary(Math.atanh, (x) => x.plus(1).over(x.negate().plus(1)).log().times(0.5)),
  Cos: unary(Math.cos, cos),
  Cosh: unary(Math.cosh, (x) => x.exp().plus(x.negate().exp()).times(0.5)),
  Sin: unary(Math.sin, sin),
  Sinh: unary(Math.sinh, (x) => x.exp().minus(x.negate().exp()).times(0.5)),
  Tan: unary(Math.tan, (x) => sin(x).over(cos(x))),
} satisfies Record<string, Operator>;
