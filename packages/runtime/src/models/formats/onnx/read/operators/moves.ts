import { expand as repeat, slice, take, type Value } from '@gradloom/core';
import { createElements, sizeOf, typeOf } from '@gradloom/core/internal';
import { reorder } from '../../../reorder.ts';
import { alignBeside, mixed } from '../align.ts';
import { type Call, extentsOf, type Item, isConstant } from '../call.ts';
import {
  arranged,
  dimsOf,
  extentOf,
  newAxes,
  ROWS,
  type Rows,
  regrouped,
  rowParts,
  withoutBatch,
  withTogether,
} from '../rows.ts';
import { eachPlace, spreadDims, spreadStrides, stridesOf, type Tensor, tensorOf } from '../tensor.ts';
import type { Operator } from './operator.ts';

/** An axis that may be counted from the end. */
export function axisOf(call: Call, axis: number, rank: number): number {
  const index = axis < 0 ? rank + axis : axis;
  if (index >= 0 && index < rank) return index;
  throw call.refuse(`axis ${axis}`, `one of ${rank} axes`);
}

/** The numbers of an input that has to be known. @throws Error for one that layers compute */
export function known(call: Call, item: Item | undefined, what: string): readonly number[] {
  if (item === undefined) throw call.refuse(`no ${what}`, 'them');
  if (isConstant(item)) return Array.from(item.numbers);
  throw call.refuse(`${what} that depend on its inputs`, 'constants');
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
  if (parts.includes(ROWS)) throw mixed(call);
  const stored = parts.length === 0 ? x.stored : withTogether(x.stored, parts);
  const first = parts.length === 0 ? stored.length : stored.indexOf(parts[0]);
  const [before, after] = [stored.slice(0, first), stored.slice(first + parts.length)];
  const value = arranged(x, [...before.map((part) => [part]), parts, ...after.map((part) => [part])]);
  const made = make(value, before.length, extentOf(parts));
  const [changed] = newAxes([made.shape[before.length]]);
  return { type: x.type, axes: x.axes.with(axis, changed), stored: [...before, ...changed, ...after], value: made };
}

/** The item with its axes in another order: axis k is that of `order[k]`. No number moves. */
export const transposedItem = (x: Rows, order = reversed(x.axes.length)): Rows => ({
  ...x,
  axes: order.map((axis) => x.axes[axis]),
});

export function transposedTensor(x: Tensor, order = reversed(x.dims.length)): Tensor {
  const numbers = createElements(typeOf(x.numbers), x.numbers.length);
  if (x.dims.length === 0) numbers.set(x.numbers);
  else if (sizeOf(x.dims) > 0) reorder(numbers, x.numbers, x.dims, order);
  return { ...x, dims: order.map((axis) => x.dims[axis]), numbers };
}

const reversed = (rank: number): number[] => Array.from({ length: rank }, (_, k) => rank - 1 - k);

const transpose: Operator = {
  evaluate(call, [x]) {
    const { dims } = x as Tensor;
    return [transposedTensor(x as Tensor, [...call.ints('perm', reversed(dims.length))])];
  },
  layers: (call, [x]) => [transposedItem(x as Rows, [...call.ints('perm', reversed((x as Rows).axes.length))])],
};

/** An operator that gives an item other axes, of these extents. */
const regroup = (dimsFor: (call: Call, xs: readonly (Item | undefined)[]) => readonly number[]): Operator => ({
  evaluate(call, xs) {
    const x = xs[0] as Tensor;
    const dims = dimsFor(call, xs);
    if (sizeOf(dims) !== x.numbers.length) {
      throw call.refuse(`${x.numbers.length} numbers for extents ${dims.join(', ')}`, `${sizeOf(dims)}`);
    }
    return [{ ...x, dims }];
  },
  layers(call, xs) {
    const x = xs[0] as Rows;
    const rows = regrouped(x, dimsFor(call, xs));
    if (rows === null) throw mixed(call);
    return [rows];
  },
});

/** The extents that Reshape asks for: 0 keeps one, -1 takes the rest. */
function reshapeDims(call: Call, [x, shape]: readonly (Item | undefined)[]): number[] {
  const before = extentsOf(x as Item);
  const requested = call.opset < 5 ? call.ints('shape') : known(call, shape, 'a shape');
  const isZeroKept = call.int('allowzero', 0) === 0;
  const dims = requested.map((extent, k) => (extent === 0 && isZeroKept ? (before[k] ?? 1) : extent));
  const size = sizeOf(before);
  // A graph with a fixed number of rows names it in its shapes.
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
  return input === undefined ? undefined : known(call, input, 'axes');
};

const squeeze = regroup((call, [x, axes]) => {
  const dims = extentsOf(x as Item);
  const removed = axesFrom(call, axes)?.map((axis) => axisOf(call, axis, dims.length));
  return dims.filter((extent, axis) => (removed === undefined ? extent !== 1 : !removed.includes(axis)));
});

const unsqueeze = regroup((call, [x, input]) => {
  const axes = axesFrom(call, input) ?? [];
  const before = [...extentsOf(x as Item)];
  const rank = before.length + axes.length;
  const added = new Set(axes.map((axis) => axisOf(call, axis, rank)));
  return Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (before.shift() as number)));
});

const flatten = regroup((call, [x]) => {
  const dims = extentsOf(x as Item);
  const chosen = call.int('axis', 1);
  const axis = chosen < 0 ? dims.length + chosen : chosen;
  return [sizeOf(dims.slice(0, axis)), sizeOf(dims.slice(axis))];
});

const concatenate: Operator = {
  evaluate(call, xs) {
    const tensors = xs as readonly Tensor[];
    const [{ type, dims }] = tensors;
    const axis = axisOf(call, call.int('axis', 1), dims.length);
    const total = tensors.reduce((sum, x) => sum + x.dims[axis], 0);
    const all = dims.with(axis, total);
    const inner = sizeOf(dims.slice(axis + 1));
    return [
      tensorOf(type, all, (numbers) => {
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
    const [joined] = newAxes([value.shape[at]]);
    const { type } = items.find((item) => !isConstant(item)) as Rows;
    return [
      {
        type,
        axes: axes.with(axis, joined),
        stored: [...stored.slice(0, at), ...joined, ...stored.slice(at + 1)],
        value,
      },
    ];
  },
};

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
    return inputs[k] === undefined ? undefined : known(call, inputs[k], name);
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
  if (indices.length === 0) throw call.refuse('an empty output', 'at least one index of each axis');
  const isAll = indices.length === extentOf(x.axes[axis]) && indices.every((index, k) => index === k);
  if (isAll) return x;
  const [first] = indices;
  const isRun = indices.every((index, k) => index === first + k);
  return alongAxis(call, x, axis, (value, at) =>
    value.through(isRun ? slice(first, first + indices.length, { axis: at }) : take(indices, { axis: at })),
  );
}

const sliced: Operator = {
  evaluate: (call, xs) => [
    slicesOf(call, xs).reduce((x, [axis, indices]) => takeOf(x, axis, indices), xs[0] as Tensor),
  ],
  layers: (call, xs) => [
    slicesOf(call, xs).reduce((x, [axis, indices]) => takeRows(call, x, axis, indices), xs[0] as Rows),
  ],
};

/** Gather: the axis becomes those of the indices. */
const gather: Operator = {
  evaluate(call, [x, indices]) {
    const [tensor, { dims, numbers }] = [x as Tensor, indices as Tensor];
    const axis = axisOf(call, call.int('axis', 0), tensor.dims.length);
    const extent = tensor.dims[axis];
    const places = Array.from(numbers, (index) => (index < 0 ? index + extent : index));
    if (places.some((index) => !(index >= 0 && index < extent)))
      throw call.refuse('an index outside', `below ${extent}`);
    const taken = takeOf(tensor, axis, places);
    return [{ ...taken, dims: [...tensor.dims.slice(0, axis), ...dims, ...tensor.dims.slice(axis + 1)] }];
  },
  layers(call, [x, indices]) {
    if (x === undefined || indices === undefined) throw call.refuse('no indices', 'them');
    const axis = axisOf(call, call.int('axis', 0), extentsOf(x).length);
    if (isConstant(indices) && !isConstant(x)) {
      const extent = extentOf(x.axes[axis]);
      const places = Array.from(indices.numbers, (index) => (index < 0 ? index + extent : index));
      const taken = takeRows(call, x, axis, places);
      const dims = dimsOf(taken);
      const rows = regrouped(taken, [...dims.slice(0, axis), ...indices.dims, ...dims.slice(axis + 1)]);
      if (rows === null) throw mixed(call);
      return [rows];
    }
    if (!isConstant(x) || isConstant(indices) || axis !== 0 || x.dims.length !== 2) {
      throw call.refuse('indices that depend on its inputs', 'constants, or a table [n, m] as first input');
    }
    const [vocabulary, width] = x.dims;
    const value = arranged(
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
  if (call.opset >= 13 && input !== undefined) return known(call, input, 'sizes');
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

/** Repeated along axes of length 1. */
const expand: Operator = {
  evaluate(call, [first, shape]) {
    const x = first as Tensor;
    const dims = spreadDims([x.dims, withoutBatch(known(call, shape, 'a shape'))]);
    if (dims === null) throw call.refuse('a shape that does not fit', 'extents that are equal or 1');
    const strides = spreadStrides(x, dims);
    return [
      tensorOf(x.type, dims, (numbers) =>
        eachPlace(dims, [strides], (place, at) => {
          numbers[place] = x.numbers[at];
        }),
      ),
    ];
  },
  layers(call, [first, shape]) {
    const x = first as Rows;
    const dims = spreadDims([dimsOf(x), known(call, shape, 'a shape')]);
    if (dims === null) throw call.refuse('a shape that does not fit', 'extents that are equal or 1');
    const own = [...dims.slice(x.axes.length).map(() => []), ...x.axes];
    const axes = own.map((parts, axis) =>
      parts.length > 0 || dims[axis] === 1 ? parts : dims[axis] === ROWS.extent ? [ROWS] : newAxes([dims[axis]])[0],
    );
    const added = rowParts(axes).filter((part) => !x.stored.includes(part));
    if (added.length === 0) return [{ ...x, axes }];
    const stored = [...added, ...x.stored]; // the copies lie one after the other
    const value = arranged(x, [...added.map(() => []), ...x.stored.map((part) => [part])]);
    return [{ type: x.type, axes, stored, value: value.through(repeat(stored.map(({ extent }) => extent))) }];
  },
};

export const moveOperators = {
  Concat: concatenate,
  Expand: expand,
  Flatten: flatten,
  Gather: gather,
  Reshape: regroup(reshapeDims),
  Slice: sliced,
  Split: {
    evaluate: splitBy<Tensor>((_call, x, axis, indices) => takeOf(x, axis, indices)),
    layers: splitBy<Rows>(takeRows),
  },
  Squeeze: squeeze,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
} satisfies Record<string, Operator>;
