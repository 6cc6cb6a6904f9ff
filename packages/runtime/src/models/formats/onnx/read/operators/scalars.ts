import { type LayerSpec, mathOf, type Value } from '@gradloom/core';
import { align } from '../align.ts';
import { type Call, extentsOf, type Item, isConstant } from '../call.ts';
import type { Rows } from '../rows.ts';
import { eachPlace, isFloating, spreadDims, spreadStrides, type Tensor, type TensorType, tensorOf } from '../tensor.ts';
import type { Operator } from './operator.ts';

// Functions of numbers. To add one: a line in `scalarOperators` with its plain function and its layer.

/** Functions that round the same everywhere. */
const { erf, exp, expm1, log, log1p, sigmoid, tanh } = mathOf('float64');

type Plain = (a: number, b: number, c: number) => number;

/** The tensor whose numbers are a function of those of others, spread over each other as in NumPy. */
export function spread(call: Call, xs: readonly Tensor[], evaluateNumbers: Plain, type?: TensorType): Tensor {
  const dims = spreadDims(xs.map((x) => x.dims));
  if (dims === null) throw call.fault('inputs whose shapes do not fit', 'extents that are equal or 1');
  const [a, b = a, c = a] = xs;
  return tensorOf(type ?? a.type, dims, (numbers) =>
    eachPlace(
      dims,
      [a, b, c].map((x) => spreadStrides(x, dims)),
      (index, i, j, k) => {
        numbers[index] = evaluateNumbers(a.numbers[i], b.numbers[j], c.numbers[k]);
      },
    ),
  );
}

const present = (xs: readonly (Tensor | undefined)[]): Tensor[] => xs.filter((x) => x !== undefined);
const items = (xs: readonly (Item | undefined)[]): Item[] => xs.filter((x) => x !== undefined);

/** A function of one number, and the layers that compute it. Without layers it is for constants alone. */
export const unary = (
  evaluateNumber: (x: number, call: Call) => number,
  layer?: (x: Value, call: Call) => Value,
  type?: TensorType,
): Operator => ({
  evaluate: (call, xs) => [spread(call, present(xs).slice(0, 1), (x) => evaluateNumber(x, call), type)],
  ...(layer !== undefined && {
    layers(call, [x]) {
      const rows = x as Rows;
      return [{ ...rows, type: type ?? rows.type, value: layer(rows.value, call) }];
    },
  }),
});

/** An operator that is made of others, for constants and for layers alike. */
export const composedOfOne = (make: (call: Call, xs: readonly (Item | undefined)[]) => Item): Operator => ({
  // Operators make constants of constants.
  evaluate: (call, xs) => [make(call, xs) as Tensor],
  layers: (call, xs) => [make(call, xs)],
});

/** A constant of one number. */
export const scalar = (type: TensorType, number: number): Tensor => tensorOf(type, [], (to) => to.fill(number));

/** The finite number of a constant that has one alone. */
const onlyNumber = (item: Item): number | undefined =>
  isConstant(item) && item.numbers.length === 1 && Number.isFinite(item.numbers[0]) ? item.numbers[0] : undefined;

/** A function of two values, or of more from the left. */
export const binary = (
  evaluatePair: (a: number, b: number, type: TensorType) => number,
  layer: (a: Value, b: Value | number) => Value,
  type?: TensorType,
): Operator => ({
  evaluate(call, xs) {
    const [first, ...others] = present(xs).map((x, k) => (k === 1 ? placedAt(call, x, xs[0]) : x) as Tensor);
    return [others.reduce((a, b) => spread(call, [a, b], (x, y) => evaluatePair(x, y, a.type), type), first)];
  },
  layers(call, xs) {
    const [first, ...others] = items(xs).map((x, k) => (k === 1 ? placedAt(call, x, xs[0]) : x));
    return [others.reduce((a, b) => layersOfTwo(call, a, b, layer, type), first)];
  },
});

/** Before opset 7 the attribute `axis` says at which axis of the first value the second one begins. */
function placedAt(call: Call, b: Item, a: Item | undefined): Item {
  if (call.opset >= 7 || !call.has('axis') || a === undefined) return b;
  const [rankOfA, rankOfB] = [extentsOf(a).length, extentsOf(b).length];
  const axis = call.int('axis', 0);
  const ones = Array.from({ length: rankOfA - rankOfB - (axis < 0 ? axis + rankOfA : axis) }, () => 1);
  return isConstant(b) ? { ...b, dims: [...b.dims, ...ones] } : { ...b, axes: [...b.axes, ...ones.map(() => [])] };
}

/** The layers of a function of two items, one of which may be a constant. */
export function layersOfTwo(
  call: Call,
  a: Item,
  b: Item,
  layer: (a: Value, b: Value | number) => Value,
  type?: TensorType,
): Rows {
  const number = onlyNumber(b);
  const isWide = (isConstant(b) ? b.dims : b.axes).length > (isConstant(a) ? a.dims : a.axes).length;
  if (!isConstant(a) && number !== undefined && !isWide) {
    return { ...a, type: type ?? a.type, value: layer(a.value, number) };
  }
  const { values, axes, stored } = align(call, [a, b]);
  return { type: type ?? a.type, axes, stored, value: layer(values[0], values[1]) };
}

const through =
  (spec: LayerSpec) =>
  (x: Value): Value =>
    x.through(spec);

const wholeDivision = (a: number, b: number, type: TensorType): number =>
  /int/.test(type) ? Math.trunc(a / b) : a / b;

/** The nearest whole number, of two the even one. */
function roundedToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

const addOperator = binary(
  (a, b) => a + b,
  (a, b) => a.plus(b),
);

/** A sum. A constant for each output of a dense layer or convolution without a bias becomes that. */
const addition: Operator = {
  ...addOperator,
  layers(call, xs) {
    const [a, b] = items(xs);
    const y = isConstant(b) ? withBias(call, a, b) : isConstant(a) ? withBias(call, b, a) : undefined;
    return y === undefined ? (addOperator.layers?.(call, xs) ?? []) : [y];
  },
};

function withBias(call: Call, x: Item, b: Tensor): Rows | undefined {
  if (isConstant(x)) return undefined;
  const outputs = x.stored.at(-1);
  const axis = x.axes.findIndex((parts) => parts.length === 1 && parts[0] === outputs);
  const extent = b.dims[axis - x.axes.length + b.dims.length];
  if (axis === -1 || extent !== b.numbers.length || extent !== outputs?.extent) return undefined;
  const value = b.dims.length > x.axes.length ? undefined : call.biased(x.value, b);
  return value && { ...x, value };
}

/** Whole numbers without a fraction, others as they are. */
const truncate = (rows: Rows): Rows => (isFloating(rows.type) ? rows : { ...rows, value: withoutFraction(rows.value) });

/** x rounded towards 0. */
export function withoutFraction(x: Value): Value {
  return floor(x.abs()).times(x.through({ kind: 'sign' }));
}

/** The largest whole number up to x. */
export const floor = (x: Value): Value => x.through({ kind: 'floor' });

const divideOperator = binary(wholeDivision, (a, b) => a.over(b));

const division: Operator = {
  ...divideOperator,
  layers(call, xs) {
    return (divideOperator.layers?.(call, xs) ?? []).map((quotient) => truncate(quotient as Rows));
  },
};

export const scalarOperators = {
  Abs: unary(Math.abs, through({ kind: 'abs' })),
  Add: addition,
  Ceil: unary(Math.ceil, through({ kind: 'ceil' })),
  Div: division,
  Elu: unary(
    (x, call) => (x < 0 ? call.float('alpha', 1) * expm1(x) : x),
    (x, call) => x.through({ kind: 'activation', fn: 'elu', alpha: call.float('alpha', 1) }),
  ),
  Erf: unary(erf, through({ kind: 'erf' })),
  Exp: unary(exp, through({ kind: 'exp' })),
  Floor: unary(Math.floor, floor),
  LeakyRelu: unary(
    (x, call) => (x < 0 ? call.float('alpha', 0.01) * x : x),
    (x, call) => x.through({ kind: 'activation', fn: 'leaky-relu', alpha: call.float('alpha', 0.01) }),
  ),
  Log: unary(log, through({ kind: 'log' })),
  Max: binary(
    (a, b) => Math.max(a, b),
    (a, b) => a.maximum(b),
  ),
  Min: binary(
    (a, b) => Math.min(a, b),
    (a, b) => a.minimum(b),
  ),
  Mul: binary(
    (a, b) => a * b,
    (a, b) => a.times(b),
  ),
  Neg: unary((x) => -x, through({ kind: 'negate' })),
  Reciprocal: unary((x) => 1 / x, through({ kind: 'power', exponent: -1 })),
  Relu: unary((x) => (x < 0 ? 0 : x), through({ kind: 'activation', fn: 'relu' })),
  Sigmoid: unary(sigmoid, through({ kind: 'activation', fn: 'sigmoid' })),
  Softplus: unary((x) => Math.max(x, 0) + log1p(exp(-Math.abs(x))), through({ kind: 'activation', fn: 'softplus' })),
  Softsign: unary((x) => x / (1 + Math.abs(x)), through({ kind: 'activation', fn: 'softsign' })),
  Sqrt: unary(Math.sqrt, through({ kind: 'sqrt' })),
  Mean: composedOfOne((call, xs) => {
    const [sum] = call.apply('Sum', xs);
    return xs.length === 1 ? sum : call.apply('Div', [sum, scalar(sum.type, xs.length)])[0];
  }),
  Round: unary(roundedToEven, through({ kind: 'round' })),
  Sign: unary(Math.sign, through({ kind: 'sign' })),
  Sub: binary(
    (a, b) => a - b,
    (a, b) => a.minus(b),
  ),
  Sum: binary(
    (a, b) => a + b,
    (a, b) => a.plus(b),
  ),
  Tanh: unary(tanh, through({ kind: 'activation', fn: 'tanh' })),
} satisfies Record<string, Operator>;
