import { slice, take } from '@gradloom/core';
import { mixedRows } from '../align.ts';
import { type Call, extentsOf, type Item, isConstant } from '../call.ts';
import { arrangeAxes, dimsOf, extentOf, newAxes, type Rows, regroupAxes } from '../rows.ts';
import { stridesOf, type Tensor, tensorOf } from '../tensor.ts';
import { alongAxis, axisOf, constantNumbers } from './moves.ts';
import type { Operator } from './operator.ts';

/** The start, end and step of a slice along an axis, as in Python. */
function sliceAlong(extent: number, start: number, end: number, step: number): readonly number[] {
  const clamp = (index: number, low: number, high: number): number =>
    Math.min(Math.max(index < 0 ? index + extent : index, low), high);
  const [first, last] =
    step > 0
      ? [clamp(start, 0, extent), clamp(end, 0, extent)]
      : [clamp(start, 0, extent - 1), clamp(end, -1, extent - 1)];
  const count = Math.max(0, Math.floor((last - first + step - Math.sign(step)) / step));
  return Array.from({ length: count }, (_, k) => first + k * step);
}

/** The indices that Slice takes of each of its axes. */
function slicesOf(
  call: Call,
  [x, ...inputs]: readonly (Item | undefined)[],
): [axis: number, indices: readonly number[]][] {
  const dims = extentsOf(x as Item);
  const names = ['starts', 'ends', 'axes', 'steps'];
  const [starts = [], ends = [], axes, steps] = names.map((name, k) => {
    if (call.opset < 10) return call.has(name) ? call.ints(name) : undefined;
    return inputs[k] === undefined ? undefined : constantNumbers(call, inputs[k], name);
  });
  return starts.map((start, k) => {
    const axis = axisOf(call, axes?.[k] ?? k, dims.length);
    return [axis, sliceAlong(dims[axis], start, ends[k], steps?.[k] ?? 1)];
  });
}

/** The tensor at these indices of an axis. */
export function takeOf(x: Tensor, axis: number, indices: readonly number[]): Tensor {
  const strides = stridesOf(x.dims);
  const dims = x.dims.with(axis, indices.length);
  const inner = strides[axis];
  return {
    ...tensorOf(x.type, dims, (numbers) => {
      for (let n = 0; n < numbers.length; n++) {
        const outer = Math.floor(n / (inner * indices.length));
        const k = Math.floor(n / inner) % indices.length;
        numbers[n] = x.numbers[(outer * x.dims[axis] + indices[k]) * inner + (n % inner)];
      }
    }),
    ...(x.weight === undefined ? {} : { weight: x.weight }),
  };
}

/** The rows at these indices of an axis. A run of them is a slice. */
export function takeRows(call: Call, x: Rows, axis: number, indices: readonly number[]): Rows {
  if (indices.length === 0) throw call.fault('an empty output', 'at least one index of each axis');
  const isAll = indices.length === extentOf(x.axes[axis]) && indices.every((index, k) => index === k);
  if (isAll) return x;
  const [first] = indices;
  const isRun = indices.every((index, k) => index === first + k);
  return alongAxis(call, x, axis, (value, at) =>
    value.through(isRun ? slice(first, first + indices.length, { axis: at }) : take(indices, { axis: at })),
  );
}

const sliceOperator: Operator = {
  evaluate: (call, xs) => [
    slicesOf(call, xs).reduce((x, [axis, indices]) => takeOf(x, axis, indices), xs[0] as Tensor),
  ],
  layers: (call, xs) => [
    slicesOf(call, xs).reduce((x, [axis, indices]) => takeRows(call, x, axis, indices), xs[0] as Rows),
  ],
};

/** Indices of an axis, of which those below 0 count from its end. @throws Error for one outside of it */
function indicesIn(call: Call, numbers: ArrayLike<number>, extent: number): readonly number[] {
  const badIndex = Array.from(numbers).find((index) => !(index >= -extent && index < extent));
  if (badIndex !== undefined) throw call.fault(`index ${badIndex}`, `one from ${-extent} to ${extent - 1}`);
  return Array.from(numbers, (index) => (index < 0 ? index + extent : index));
}

/** Gather: the axis becomes those of the indices. */
const gather: Operator = {
  evaluate(call, [x, indices]) {
    const [tensor, { dims, numbers }] = [x as Tensor, indices as Tensor];
    const axis = axisOf(call, call.int('axis', 0), tensor.dims.length);
    const extent = tensor.dims[axis];
    const takenTensor = takeOf(tensor, axis, indicesIn(call, numbers, extent));
    return [{ ...takenTensor, dims: [...tensor.dims.slice(0, axis), ...dims, ...tensor.dims.slice(axis + 1)] }];
  },
  layers(call, [x, indices]) {
    if (x === undefined || indices === undefined) throw call.fault('no indices', 'them');
    const axis = axisOf(call, call.int('axis', 0), extentsOf(x).length);
    if (isConstant(indices) && !isConstant(x)) {
      const extent = extentOf(x.axes[axis]);
      const takenRows = takeRows(call, x, axis, indicesIn(call, indices.numbers, extent));
      const dims = dimsOf(takenRows);
      const rows = regroupAxes(takenRows, [...dims.slice(0, axis), ...indices.dims, ...dims.slice(axis + 1)]);
      if (rows === null) throw mixedRows(call);
      return [rows];
    }
    if (!isConstant(x) || isConstant(indices) || axis !== 0 || x.dims.length !== 2) {
      throw call.fault('indices that depend on its inputs', 'constants, or a table [n, m] as first input');
    }
    const [vocabulary, width] = x.dims;
    const value = arrangeAxes(
      indices,
      indices.stored.map((part) => [part]),
    );
    const spec = { kind: 'embedding', vocabulary, width } as const;
    const y = call.add(value, spec, { E: x.numbers }, [x.weight], x.weight !== undefined);
    const [columns] = newAxes([width]);
    return [{ type: x.type, axes: [...indices.axes, columns], stored: [...indices.stored, ...columns], value: y }];
  },
};

/** Sizes of the parts of a split: given, or as equal as can be. */
function partSizes(call: Call, [x, input]: readonly (Item | undefined)[], axis: number): readonly number[] {
  const extent = extentsOf(x as Item)[axis];
  if (call.opset >= 13 && input !== undefined) return constantNumbers(call, input, 'sizes');
  if (call.has('split')) return call.ints('split');
  const count = call.int('num_outputs', call.outputs);
  const size = Math.ceil(extent / count);
  return Array.from({ length: count }, (_, k) => Math.min(size, extent - k * size));
}

/** The parts of an item along an axis, each by its indices. */
const splitBy =
  <T extends Item>(takeAt: (call: Call, x: T, axis: number, indices: readonly number[]) => T) =>
  (call: Call, xs: readonly (Item | undefined)[]): T[] => {
    const axis = axisOf(call, call.int('axis', 0), extentsOf(xs[0] as Item).length);
    let start = 0;
    return partSizes(call, xs, axis).map((size) => {
      const indices = Array.from({ length: size }, (_, k) => start + k);
      start += size;
      return takeAt(call, xs[0] as T, axis, indices);
    });
  };

export const takeOperators = {
  Gather: gather,
  Slice: sliceOperator,
  Split: {
    evaluate: splitBy<Tensor>((_call, x, axis, indices) => takeOf(x, axis, indices)),
    layers: splitBy<Rows>(takeRows),
  },
} satisfies Record<string, Operator>;
