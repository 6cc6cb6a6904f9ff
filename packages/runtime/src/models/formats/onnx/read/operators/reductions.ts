import { mathOf, parameter, slice, take, type Value } from '@gradloom/core';
import { sizeOf } from '@gradloom/core/internal';
import { mixedRows } from '../align.ts';
import { type Call, extentsOf, type Item, isConstant } from '../call.ts';
import { arrangeAxes, ROWS, type Rows, regroupAxes } from '../rows.ts';
import { eachPlace, stridesOf, type Tensor, tensorOf } from '../tensor.ts';
import { alongAxis, axesFrom, axisOf } from './moves.ts';
import type { Operator } from './operator.ts';

const { exp, log } = mathOf('float64');

/** What `along` makes of the numbers along an axis of a tensor. */
export function evaluateAlong(x: Tensor, axis: number, along: (numbers: number[]) => readonly number[]): Tensor {
  const [extent, stride] = [x.dims[axis], stridesOf(x.dims)[axis]];
  return tensorOf(x.type, x.dims, (y) => {
    for (let n = 0; n < y.length; n++) {
      if (Math.floor(n / stride) % extent !== 0) continue;
      const numbers = Array.from({ length: extent }, (_, k) => x.numbers[n + k * stride]);
      for (const [k, value] of along(numbers).entries()) y[n + k * stride] = value;
    }
  });
}

/** A function of the numbers along `axis`; before opset 13 along all axes from it on together. */
const softmaxLike = (
  along: (numbers: number[]) => readonly number[],
  layer: (call: Call, value: Value, axis: number, extent: number) => Value,
): Operator => {
  const axisFor = (call: Call, rank: number) => axisOf(call, call.int('axis', call.opset < 13 ? 1 : -1), rank);
  return {
    evaluate(call, [first]) {
      const x = first as Tensor;
      const axis = axisFor(call, x.dims.length);
      const dims = call.opset < 13 ? [sizeOf(x.dims.slice(0, axis)), sizeOf(x.dims.slice(axis))] : x.dims;
      return [{ ...evaluateAlong({ ...x, dims }, call.opset < 13 ? 1 : axis, along), dims: x.dims }];
    },
    layers(call, [first]) {
      const x = first as Rows;
      const dims = extentsOf(x as Item);
      const axis = axisFor(call, dims.length);
      const isTogether = call.opset < 13 && axis < dims.length - 1;
      const rows = isTogether ? regroupAxes(x, [...dims.slice(0, axis), sizeOf(dims.slice(axis))]) : x;
      if (rows === null) throw mixedRows(call);
      const y = alongAxis(call, rows, axis, (value, at, extent) => layer(call, value, at, extent));
      const result = isTogether ? regroupAxes(y, dims) : y;
      if (result === null) throw mixedRows(call);
      return [result];
    },
  };
};

function softmax(numbers: readonly number[]): number[] {
  const largest = Math.max(...numbers);
  const powers = numbers.map((x) => exp(x - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** 1 where the largest number is first, else 0. */
const hardmax = (numbers: readonly number[]): number[] => {
  const first = numbers.indexOf(Math.max(...numbers));
  return numbers.map((_, k) => (k === first ? 1 : 0));
};

/** The numbers 0 to n - 1 along an axis of a value. */
function indicesAlong(call: Call, { shape }: Value, axis: number, n: number): Value {
  const extents = shape.map((_, k) => (k === axis ? n : 1));
  return call.add(call.anyRows(), parameter(extents), { W: Float64Array.from({ length: n }, (_, k) => k) }, [], false);
}

/** A reduction: its plain code for the numbers that it reads, and its layers for some axes of a value. */
interface Reduction {
  readonly plain: (numbers: readonly number[]) => number;
  readonly layers: (value: Value, axis: number[]) => Value;
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const largest = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), -Infinity);
const squares = (numbers: readonly number[]): number[] => numbers.map((x) => x * x);

function logSumExp(numbers: readonly number[]): number {
  const m = largest(numbers);
  return Number.isFinite(m) ? m + log(sumOf(numbers.map((x) => exp(x - m)))) : m;
}

/** The product along axes: halves are multiplied until one number is left. */
function product(value: Value, axes: readonly number[]): Value {
  return axes.reduce((rowsWithWholeAxes, axis) => {
    let y = rowsWithWholeAxes;
    while (y.shape[axis] > 1) {
      const n = y.shape[axis];
      const half = Math.floor(n / 2);
      const [a, b] = [y.through(slice(0, half, { axis })), y.through(slice(half, 2 * half, { axis }))];
      y = n % 2 === 0 ? a.times(b) : a.times(b).concat(y.through(slice(n - 1, n, { axis })), { axis });
    }
    return y;
  }, value);
}

const sum = (value: Value, axis: number[]): Value => value.sum({ axis, keepdims: true });

const reductions = {
  ReduceL1: { plain: (x) => sumOf(x.map(Math.abs)), layers: (x, axis) => sum(x.abs(), axis) },
  ReduceL2: { plain: (x) => Math.sqrt(sumOf(squares(x))), layers: (x, axis) => sum(x.square(), axis).sqrt() },
  ReduceLogSum: { plain: (x) => log(sumOf(x)), layers: (x, axis) => sum(x, axis).log() },
  ReduceLogSumExp: { plain: logSumExp, layers: (x, axis) => x.through({ kind: 'log-sum-exp', axis, keepdims: true }) },
  ReduceMax: { plain: largest, layers: (x, axis) => x.max({ axis, keepdims: true }) },
  ReduceMean: { plain: (x) => sumOf(x) / x.length, layers: (x, axis) => x.mean({ axis, keepdims: true }) },
  ReduceMin: {
    plain: (x) => -largest(x.map((value) => -value)),
    layers: (x, axis) => x.negate().max({ axis, keepdims: true }).negate(),
  },
  ReduceProd: { plain: (x) => x.reduce((a, b) => a * b, 1), layers: product },
  ReduceSum: { plain: sumOf, layers: sum },
  ReduceSumSquare: { plain: (x) => sumOf(squares(x)), layers: (x, axis) => sum(x.square(), axis) },
} satisfies Record<string, Reduction>;

/** The reduction of an item over axes, which stay with length 1 or are left out. */
export function reduced(
  call: Call,
  name: keyof typeof reductions,
  x: Item,
  axes: readonly number[],
  keepdims: boolean,
): Item {
  const { plain, layers }: Reduction = reductions[name];
  const isReduced = (_: unknown, axis: number): boolean => axes.includes(axis);
  const isKept = (_: unknown, axis: number): boolean => keepdims || !axes.includes(axis);
  if (isConstant(x)) {
    const dims = x.dims.map((extent, axis) => (isReduced(extent, axis) ? 1 : extent));
    const strides = stridesOf(dims).map((stride, axis) => (isReduced(stride, axis) ? 0 : stride));
    const numbers: number[][] = Array.from({ length: sizeOf(dims) }, () => []);
    eachPlace(x.dims, [strides], (from, at) => numbers[at].push(x.numbers[from]));
    return tensorOf(x.type, dims.filter(isKept), (y) => y.set(numbers.map(plain)));
  }
  const parts = x.axes.filter(isReduced).flat();
  if (parts.includes(ROWS)) throw mixedRows(call);
  const indices = [...x.stored.keys()].filter((k) => parts.includes(x.stored[k]));
  // Without an axis of more than one number the last one stands for them.
  const groups = indices.length === 0 ? [...x.stored.map((part) => [part]), []] : x.stored.map((part) => [part]);
  const value = layers(arrangeAxes(x, groups), indices.length === 0 ? [groups.length - 1] : indices);
  const left = x.axes.map((axis, k) => (isReduced(axis, k) ? [] : axis)).filter(isKept);
  return { type: x.type, axes: left, stored: x.stored.filter((part) => !parts.includes(part)), value };
}

/** Axes are an attribute, and since an opset an input. */
function reduction(name: keyof typeof reductions): Operator {
  const reduce = (call: Call, [x, input]: readonly (Item | undefined)[]): Item[] => {
    const rank = extentsOf(x as Item).length;
    const axes = axesFrom(call, input, name === 'ReduceSum' ? 13 : 18) ?? [];
    if (axes.length === 0 && call.int('noop_with_empty_axes', 0) !== 0) return [x as Item];
    const allAxes = Array.from({ length: rank }, (_, axis) => axis);
    const reducedAxes = axes.length === 0 ? allAxes : axes.map((axis) => axisOf(call, axis, rank));
    return [reduced(call, name, x as Item, reducedAxes, call.int('keepdims', 1) !== 0)];
  };
  return { evaluate: (call, xs) => reduce(call, xs) as Tensor[], layers: reduce };
}

/** The index of the largest number along an axis, or of the smallest: of equal ones the first, or the last. */
const indexOfLargest = (sign: 1 | -1): Operator => ({
  evaluate(call, [first]) {
    const x = first as Tensor;
    const axis = axisOf(call, call.int('axis', 0), x.dims.length);
    const isLast = call.int('select_last_index', 0) !== 0;
    const y = evaluateAlong(x, axis, (numbers) => {
      const extreme = sign * largest(numbers.map((value) => sign * value));
      return [isLast ? numbers.lastIndexOf(extreme) : numbers.indexOf(extreme)];
    });
    const strides = stridesOf(x.dims);
    const dims = x.dims.with(axis, 1);
    const indices = tensorOf('int64', dims, (to) => eachPlace(dims, [strides], (k, at) => (to[k] = y.numbers[at])));
    return [call.int('keepdims', 1) === 0 ? { ...indices, dims: x.dims.toSpliced(axis, 1) } : indices];
  },
  layers(call, [first]) {
    const x = first as Rows;
    const axis = axisOf(call, call.int('axis', 0), x.axes.length);
    const isLast = call.int('select_last_index', 0) !== 0;
    const y = alongAxis(call, x, axis, (value, at, n) => {
      const signed = sign === 1 ? value : value.negate();
      const reversedIndices = Array.from({ length: n }, (_, k) => n - 1 - k);
      const orderedValue = isLast ? signed.through(take(reversedIndices, { axis: at })) : signed;
      const index = orderedValue.through({ kind: 'argmax', axis: at, keepdims: true });
      return isLast ? index.negate().plus(n - 1) : index;
    });
    const axes = call.int('keepdims', 1) === 0 ? y.axes.toSpliced(axis, 1) : y.axes;
    return [{ ...y, type: 'int64', axes }];
  },
});

export const reductionOperators = {
  ArgMax: indexOfLargest(1),
  ArgMin: indexOfLargest(-1),
  Hardmax: softmaxLike(hardmax, (call, value, axis, n) =>
    value.through({ kind: 'argmax', axis, keepdims: true }).equal(indicesAlong(call, value, axis, n)),
  ),
  LogSoftmax: softmaxLike(
    (numbers) => softmax(numbers).map(log),
    (_call, value, axis) => value.through({ kind: 'log-softmax', axis }),
  ),
  ReduceL1: reduction('ReduceL1'),
  ReduceL2: reduction('ReduceL2'),
  ReduceLogSum: reduction('ReduceLogSum'),
  ReduceLogSumExp: reduction('ReduceLogSumExp'),
  ReduceMax: reduction('ReduceMax'),
  ReduceMean: reduction('ReduceMean'),
  ReduceMin: reduction('ReduceMin'),
  ReduceProd: reduction('ReduceProd'),
  ReduceSum: reduction('ReduceSum'),
  ReduceSumSquare: reduction('ReduceSumSquare'),
  Softmax: softmaxLike(softmax, (_call, value, axis) => value.through({ kind: 'softmax', axis })),
} satisfies Record<string, Operator>;
