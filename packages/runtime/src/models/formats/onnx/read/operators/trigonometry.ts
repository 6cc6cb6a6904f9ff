import type { Value } from '@gradloom/core';
import type { Operator } from './operator.ts';
import { unary } from './scalars.ts';

// Trigonometric and hyperbolic functions, from those that layers have. Those of numbers near 0 that are differences
// have the precision of 1, not that of the number.

const sin = (x: Value): Value => x.through({ kind: 'sin' });
const cos = (x: Value): Value => x.through({ kind: 'cos' });
const sign = (x: Value): Value => x.through({ kind: 'sign' });

/** Tangents from here on have the angle π/2 in both types; their squares are floats. */
const LARGE = 1e16;

/** The half of the angle, with u = tan(angle / 2) in [-1, 1]: y + (u cos y - sin y) / (cos y + u sin y) is nearer. */
function atan(x: Value): Value {
  const tangent = x.minimum(LARGE).maximum(-LARGE);
  const u = tangent.over(tangent.square().plus(1).sqrt().plus(1));
  const step = (y: Value): Value => {
    const [s, c] = [sin(y), cos(y)];
    return y.plus(u.times(c).minus(s).over(u.times(s).plus(c)));
  };
  return step(step(u.over(u.square().times(0.28).plus(1)))).times(2);
}

const asin = (x: Value): Value => atan(x.over(x.square().negate().plus(1).sqrt()));

export const trigonometricOperators = {
  Acos: unary(Math.acos, (x) =>
    asin(x)
      .negate()
      .plus(Math.PI / 2),
  ),
  Acosh: unary(Math.acosh, (x) => x.square().minus(1).sqrt().plus(x).log()),
  Asin: unary(Math.asin, asin),
  Asinh: unary(Math.asinh, (x) => x.square().plus(1).sqrt().plus(x.abs()).log().times(sign(x))),
  Atan: unary(Math.atan, atan),
  Atanh: unary(Math.atanh, (x) => x.plus(1).over(x.negate().plus(1)).log().times(0.5)),
  Cos: unary(Math.cos, cos),
  Cosh: unary(Math.cosh, (x) => x.exp().plus(x.negate().exp()).times(0.5)),
  Sin: unary(Math.sin, sin),
  Sinh: unary(Math.sinh, (x) => x.exp().minus(x.negate().exp()).times(0.5)),
  Tan: unary(Math.tan, (x) => sin(x).over(cos(x))),
} satisfies Record<string, Operator>;
