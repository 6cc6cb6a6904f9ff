import type { ScalarName } from '../../../../../packages/core/src/families/scalars/index.ts';
import type { Elements } from '../../../../../packages/core/src/math/element-type.ts';
import { cos, sin } from '../../../../../packages/core/src/math/index.ts';
import type { Formula } from '../../../../../packages/core/src/program/reference/formula.ts';
import type { Arithmetic } from '../../../../support/arithmetic.ts';
import { upTo } from './sums.ts';

/** xᵖ: a product from the lowest bit of p up, with √x where p has a half; else by e^(p ln x). */
function power(A: Arithmetic, x: number, p: number): number {
  const size = Math.abs(p);
  if (!Number.isInteger(2 * size) || size > 32) return A.exp(A.mul(A.of(p), A.log(x)));
  let factors = Number.isInteger(size) ? [] : [A.sqrt(x)];
  let square = x;
  for (const bit of [...Math.trunc(size).toString(2)].reverse()) {
    if (bit === '1') factors = [...factors, square];
    square = A.mul(square, square);
  }
  const [first = 1, ...others] = factors;
  const product = others.reduce((so, factor) => A.mul(so, factor), first);
  return p < 0 ? A.div(1, product) : product;
}

/** The whole number nearest to x, of two the even one. */
function nearestWhole(x: number): number {
  const below = Math.floor(x);
  const isUp = x - below === 0.5 ? below % 2 !== 0 : x - below > 0.5;
  const whole = isUp ? below + 1 : below;
  return whole === 0 && (x < 0 || Object.is(x, -0)) ? -0 : whole;
}

/** The table of docs/numerics.md. */
const scalars: Record<ScalarName, (A: Arithmetic, a: number, b: number, c: number, p: number, q: number) => number> = {
  plus: (A, a, b) => A.add(a, b),
  minus: (A, a, b) => A.sub(a, b),
  times: (A, a, b) => A.mul(a, b),
  over: (A, a, b) => A.div(a, b),
  minimum: (_A, a, b) => (Number.isNaN(a) ? a : a < b ? a : b),
  maximum: (_A, a, b) => (Number.isNaN(a) ? a : a > b ? a : b),
  above: (_A, a, b) => Number(a > b),
  below: (_A, a, b) => Number(a < b),
  atLeast: (_A, a, b) => Number(a >= b),
  atMost: (_A, a, b) => Number(a <= b),
  equal: (_A, a, b) => Number(a === b),
  where: (_A, a, b, c) => (a === 0 ? c : b),
  negate: (_A, x) => -x,
  abs: (_A, x) => Math.abs(x),
  sign: (_A, x) => Math.sign(x),
  floor: (_A, x) => Math.floor(x),
  ceil: (_A, x) => Math.ceil(x),
  round: (_A, x) => nearestWhole(x),
  exp: (A, x) => A.exp(x),
  expm1: (A, x) => A.expm1(x),
  log: (A, x) => A.log(x),
  log1p: (A, x) => A.log1p(x),
  sqrt: (A, x) => A.sqrt(x),
  square: (A, x) => A.mul(x, x),
  reciprocal: (A, x) => A.div(1, x),
  tanh: (A, x) => A.tanh(x),
  sigmoid: (A, x) => A.sigmoid(x),
  erf: (A, x) => A.erf(x),
  sin: (A, x) => A.of(sin(x)),
  cos: (A, x) => A.of(cos(x)),
  relu: (_A, x) => (x < 0 ? 0 : x),
  softplus: (A, x) => A.add(x > 0 ? x : 0, A.log1p(A.exp(-Math.abs(x)))),
  softsign: (A, x) => A.div(x, A.add(1, Math.abs(x))),
  silu: (A, x) => A.mul(x, A.sigmoid(x)),
  gelu: (A, x) => A.mul(A.mul(0.5, x), A.add(1, A.erf(A.mul(x, A.of(Math.SQRT1_2))))),
  power: (A, x, _b, _c, p) => power(A, x, p),
  clip: (A, x, _b, _c, p, q) => (x < A.of(p) ? A.of(p) : x > A.of(q) ? A.of(q) : x),
  flush: (A, x) => A.flush(x),
};

const operandsOf: Partial<Record<ScalarName, number>> = {
  ...Object.fromEntries(['plus', 'minus', 'times', 'over', 'minimum', 'maximum'].map((name) => [name, 2])),
  ...Object.fromEntries(['above', 'below', 'atLeast', 'atMost', 'equal'].map((name) => [name, 2])),
  where: 3,
};

/** The results of a formula, place by place, with the inputs at each as NumPy finds them. */
export function formulaDefinition(A: Arithmetic, { expression, shape, inputs }: Formula, args: readonly unknown[]) {
  const B = args[args.length - 1] as number;
  const arrays = args.slice(0, -1) as Elements[];
  const axes = [B, ...shape];
  const total = axes.reduce((size, extent) => size * extent, 1);
  const results = upTo(total).map((place) => {
    let left = place;
    const at = axes
      .toReversed()
      .map((extent) => {
        const index = left % extent;
        left = (left - index) / extent;
        return index;
      })
      .reverse();
    const values: number[] = [];
    for (const [name, ...numbers] of expression.steps) {
      if (name === 'constant') values.push(A.of(numbers[0]));
      else if (name === 'input') {
        const { shape: own, isFixed = false } = inputs[numbers[0]];
        const extents = [...(isFixed ? [] : [B]), ...shape.slice(own.length).map(() => 1), ...own];
        const places = at.slice(at.length - extents.length);
        const index = extents.reduce((sum, extent, axis) => sum * extent + (extent === 1 ? 0 : places[axis]), 0);
        values.push(arrays[expression.results.length + numbers[0]][index]);
      } else {
        const operands = operandsOf[name] ?? 1;
        const [a, b, c] = numbers.slice(0, operands).map((step) => values[step]);
        const [p, q] = numbers.slice(operands);
        values.push(scalars[name](A, a, b, c, p, q));
      }
    }
    return expression.results.map((result) => values[result]);
  });
  for (const [place, row] of results.entries()) for (const [k, value] of row.entries()) arrays[k][place] = value;
}
