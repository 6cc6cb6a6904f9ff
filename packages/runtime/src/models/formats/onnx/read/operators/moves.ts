import { expand as repeat, type Value } from '@gradloom/core';
import { createElements, sizeOf, typeOf } from '@gradloom/core/internal';
import { reorder } from '../../../reorder.ts';
import { alignBeside, mixedRows } from '../align.ts';
import { type Call, extentsOf, type Item, isConstant } from '../call.ts';
import {
  arrangeAxes,
  dimsOf,
  extentOf,
  groupParts,
  newAxes,
  ROWS,
  type Rows,
  regroupAxes,
  rowParts,
  withoutBatch,
} from '../rows.ts';
import { eachPlace, spreadDims, spreadStrides, type Tensor, tensorOf } from '../tensor.ts';
import type { Operator } from './operator.ts';

/** An axis that may be counted from the end. */
export function axisOf(call: Call, axis: number, rank: number): number {
  const index = axis < 0 ? rank + axis : axis;
  if (index >= 0 && index < rank) return index;
  throw call.fault(`axis ${axis}`, `one of ${rank} axes`);
}

/** The numbers of an input that has to be a constant. @throws Error for one that layers compute */
export function constantNumbers(call: Call, item: Item | undefined, description: string): readonly number[] {
  if (item === undefined) throw call.fault(`no ${description}`, 'them');
  if (isConstant(item)) return Array.from(item.numbers);
  throw call.fault(`${description} that depend on its inputs`, 'constants');
}

/**
 * Layers along one axis: `make` gets a value, the index of that axis in it, and its extent; it returns another one, in
 * which this axis alone may have another extent. The other parts stay where they lie.
 */
export function alongAxis(
  call: Call,
  x: Rows,
  axis: number,
  make: (value: Value, axis: number, extent: number) => Value,
): Rows {
  const parts = x.axes[axis];
  if (parts.includes(ROWS)) throw mixedRows(call);
  const storedParts = parts.length === 0 ? x.stored : groupParts(x.stored, parts);
  const first = parts.length === 0 ? storedParts.length : storedParts.indexOf(parts[0]);
  const [before, after] = [storedParts.slice(0, first), storedParts.slice(first + parts.length)];
  const value = arrangeAxes(x, [...before.map((part) => [part]), parts, ...after.map((part) => [part])]);
  const made = make(value, before.length, extentOf(parts));
  const [newAxis] = newAxes([made.shape[before.length]]);
  return { type: x.type, axes: x.axes.with(axis, newAxis), stored: [...before, ...newAxis, ...after], value: made };
}

/** The item with its axes in another order: axis k is that of `order[k]`. No number moves. */
export const transposedItem = (x: Rows, order = reversedAxes(x.axes.length)): Rows => ({
  ...x,
  axes: order.map((axis) => x.axes[axis]),
});

export function transposedTensor(x: Tensor, order: readonly number[] = reversedAxes(x.dims.length)): Tensor {
  const numbers = createElements(typeOf(x.numbers), x.numbers.length);
  if (x.dims.length === 0) numbers.set(x.numbers);
  else if (sizeOf(x.dims) > 0) reorder(numbers, x.numbers, x.dims, order);
  return { ...x, dims: order.map((axis) => x.dims[axis]), numbers };
}

const reversedAxes = (rank: number): number[] => Array.from({ length: rank }, (_, k) => rank - 1 - k);

const transpose: Operator = {
  evaluate(call, [x]) {
    const { dims } = x as Tensor;
    return [transposedTensor(x as Tensor, [...call.ints('perm', reversedAxes(dims.length))])];
  },
  layers: (call, [x]) => [transposedItem(x as Rows, [...call.ints('perm', reversedAxes((x as Rows).axes.length))])],
};

/** An operator that gives an item other axes, of these extents. */
const regroup = (dimsFor: (call: Call, xs: readonly (Item | undefined)[]) => readonly number[]): Operator => ({
  evaluate(call, xs) {
    const x = xs[0] as Tensor;
    const dims = dimsFor(call, xs);
    if (sizeOf(dims) !== x.numbers.length) {
      throw call.fault(`${x.numbers.length} numbers for extents ${dims.join(', ')}`, `${sizeOf(dims)}`);
    }
    return [{ ...x, dims }];
  },
  layers(call, xs) {
    const x = xs[0] as Rows;
    const rows = regroupAxes(x, dimsFor(call, xs));
    if (rows === null) throw mixedRows(call);
    return [rows];
  },
});

/** The shape that Reshape asks for: an extent of 0 is that of x, and -1 takes the rest. */
function reshapeDims(call: Call, [x, shape]: readonly (Item | undefined)[]): number[] {
  const before = extentsOf(x as Item);
  const requested = call.opset < 5 ? call.ints('shape') : constantNumbers(call, shape, 'a shape');
  const isZeroKept = call.int('allowzero', 0) === 0;
  const dims = requested.map((extent, k) => (extent === 0 && isZeroKept ? (before[k] ?? 1) : extent));
  const size = sizeOf(before);
  // A graph of a fixed batch size has this number in its shapes; here it becomes the extent that stands for all rows.
  const isBatched = before.some((extent) => extent % ROWS.extent === 0 && extent > 0);
  if (isBatched && dims.every((extent) => extent % ROWS.extent !== 0 || extent === 0)) {
    const { fixedRows } = call;
    const rest = sizeOf(dims.filter((extent) => extent !== -1));
    const isExact = !dims.includes(-1) && rest === (size / ROWS.extent) * fixedRows;
    if (fixedRows > 0 && (isExact || (dims[0] > 0 && dims[0] === fixedRows)) && dims[0] % fixedRows === 0) {
      dims[0] = (dims[0] / fixedRows) * ROWS.extent;
    }
  }
  const rest = sizeOf(dims.filter((extent) => extent !== -1));
  return dims.map((extent) => (extent === -1 ? size / rest : extent));
}

/** Axes from an attribute, or, since opset 13, from an input. */
export const axesFrom = (call: Call, input: Item | undefined, sinceOpset = 13): readonly number[] | undefined => {
  if (call.opset < sinceOpset) return call.has('axes') ? call.ints('axes') : undefined;
  return input === undefined ? undefined : constantNumbers(call, input, 'axes');
};

const squeeze = regroup((call, [x, axes]) => {
  const dims = extentsOf(x as Item);
  const removedAxes = axesFrom(call, axes)?.map((axis) => axisOf(call, axis, dims.length));
  return dims.filter((extent, axis) => (removedAxes === undefined ? extent !== 1 : !removedAxes.includes(axis)));
});

const unsqueeze = regroup((call, [x, input]) => {
  const axes = axesFrom(call, input) ?? [];
  const before = [...extentsOf(x as Item)];
  const rank = before.length + axes.length;
  const addedAxes = new Set(axes.map((axis) => axisOf(call, axis, rank)));
  return Array.from({ length: rank }, (_, axis) => (addedAxes.has(axis) ? 1 : (before.shift() as number)));
});

const flatten = regroup((call, [x]) => {
  const dims = extentsOf(x as Item);
  const axisAttribute = call.int('axis', 1);
  const axis = axisAttribute < 0 ? dims.length + axisAttribute : axisAttribute;
  return [sizeOf(dims.slice(0, axis)), sizeOf(dims.slice(axis))];
});

const concatenate: Operator = {
  evaluate(call, xs) {
    const tensors = xs as readonly Tensor[];
    const [{ type, dims }] = tensors;
    const axis = axisOf(call, call.int('axis', 1), dims.length);
    const total = tensors.reduce((sum, x) => sum + x.dims[axis], 0);
    const joinedDims = dims.with(axis, total);
    const inner = sizeOf(dims.slice(axis + 1));
    return [
      tensorOf(type, joinedDims, (numbers) => {
        let start = 0;
        for (const x of tensors) {
          const run = x.dims[axis] * inner;
          for (let outer = 0; outer * run < x.numbers.length; outer++) {
            for (let i = 0; i < run; i++) numbers[outer * total * inner + start + i] = x.numbers[outer * run + i];
          }
          start += run;
        }
      }),
    ];
  },
  layers(call, xs) {
    const items = xs as readonly Item[];
    const axis = axisOf(call, call.int('axis', 1), extentsOf(items[0]).length);
    const { axes, stored, values, at } = alignBeside(call, items, axis);
    const value = values[0].concat(values.slice(1), { axis: at });
    const [joinedAxis] = newAxes([value.shape[at]]);
    const { type } = items.find((item) => !isConstant(item)) as Rows;
    return [
      {
        type,
        axes: axes.with(axis, joinedAxis),
        stored: [...stored.slice(0, at), ...joinedAxis, ...stored.slice(at + 1)],
        value,
      },
    ];
  },
};

/** Repeated along axes of length 1. */
const expand: Operator = {
  evaluate(call, [first, shape]) {
    const x = first as Tensor;
    const dims = spreadDims([x.dims, withoutBatch(constantNumbers(call, shape, 'a shape'))]);
    if (dims === null) throw call.fault('a shape that does not fit', 'extents that are equal or 1');
    const strides = spreadStrides(x, dims);
    return [
      tensorOf(x.type, dims, (numbers) =>
        eachPlace(dims, [strides], (to, at) => {
          numbers[to] = x.numbers[at];
        }),
      ),
    ];
  },
  layers(call, [first, shape]) {
    const x = first as Rows;
    const dims = spreadDims([dimsOf(x), constantNumbers(call, shape, 'a shape')]);
    if (dims === null) throw call.fault('a shape that does not fit', 'extents that are equal or 1');
    const axesOfX = [...dims.slice(x.axes.length).map(() => []), ...x.axes];
    const axes = axesOfX.map((parts, axis) =>
      parts.length > 0 || dims[axis] === 1 ? parts : dims[axis] === ROWS.extent ? [ROWS] : newAxes([dims[axis]])[0],
    );
    const copies = rowParts(axes).filter((part) => !x.stored.includes(part));
    if (copies.length === 0) return [{ ...x, axes }];
    const storedParts = [...copies, ...x.stored]; // the copies lie one after the other
    const value = arrangeAxes(x, [...copies.map(() => []), ...x.stored.map((part) => [part])]);
    return [
      {
        type: x.type,
        axes,
        stored: storedParts,
        value: value.through(repeat(storedParts.map(({ extent }) => extent))),
      },
    ];
  },
};

export const moveOperators = {
  Concat: concatenate,
  Expand: expand,
  Flatten: flatten,
  Reshape: regroup(reshapeDims),
  Squeeze: squeeze,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
} satisfies Record<string, Operator>;
