import { sizeOf } from '@gradloom/core/internal';
import { type Call, extentsOf, type Item, isConstant } from '../call.ts';
import { type Tensor, tensorOf } from '../tensor.ts';
import { composedOperator, fixedExtents, inShape, masked, oneHot } from './elements.ts';
import { axisOf, constantNumbers } from './moves.ts';
import { reduced } from './reductions.ts';
import { scalar } from './scalars.ts';
import { takeOf, takeRows } from './take.ts';

// Operators that take parts of an axis: repeated, by a mask, back to front, or by their order.

/** The item at constant indices of an axis. */
const takeItems = (call: Call, x: Item, axis: number, indices: readonly number[]): Item =>
  isConstant(x) ? takeOf(x, axis, indices) : takeRows(call, x, axis, indices);

const tile = composedOperator((call, [first, repeats]) => {
  const x = first as Item;
  return [
    constantNumbers(call, repeats, 'repeats').reduce((y, count, axis) => {
      if (count === 1) return y;
      const [n] = fixedExtents(call, [extentsOf(y)[axis]]);
      return takeItems(
        call,
        y,
        axis,
        Array.from({ length: n * count }, (_, k) => k % n),
      );
    }, x),
  ];
});

/** The indices where a condition holds; without an axis those of all numbers. */
const compress = composedOperator((call, [first, condition]) => {
  const x = first as Item;
  const flags = constantNumbers(call, condition, 'a condition');
  const indices = flags.flatMap((flag, k) => (flag === 0 ? [] : [k]));
  if (call.has('axis')) return [takeItems(call, x, axisOf(call, call.int('axis', 0), extentsOf(x).length), indices)];
  return [takeItems(call, inShape(call, x, [sizeOf(fixedExtents(call, extentsOf(x)))]), 0, indices)];
});

/** The first positions of each sequence back to front, so many of each. */
const reverseSequence = composedOperator((call, [first, second]) => {
  const x = first as Item;
  const lengths = constantNumbers(call, second, 'lengths');
  const rank = extentsOf(x).length;
  const [time, batch] = [call.int('time_axis', 0), call.int('batch_axis', 1)].map((axis) => axisOf(call, axis, rank));
  const [T] = fixedExtents(call, [extentsOf(x)[time]]);
  const reverseStart = (y: Item, length: number): Item =>
    takeItems(
      call,
      y,
      time,
      Array.from({ length: T }, (_, t) => (t < length ? length - 1 - t : t)),
    );
  if (lengths.every((length) => length === lengths[0])) return [reverseStart(x, lengths[0])];
  fixedExtents(call, [extentsOf(x)[batch]]);
  const rows = lengths.map((length, n) => reverseStart(takeItems(call, x, batch, [n]), length));
  return call.apply('Concat', rows, { axis: batch });
});

/** Numbers along an axis that are ordered, at most: each takes layers of its own. */
const MAX_ORDERED = 128;

/** The largest or smallest numbers along an axis and their indices: the first of all, then that of the others. */
const topK = composedOperator((call, [first, count]) => {
  const x = first as Item;
  const dims = extentsOf(x);
  const axis = axisOf(call, call.int('axis', -1), dims.length);
  const [n] = fixedExtents(call, [dims[axis]]);
  const [k] = call.opset < 10 ? [call.int('k', 1)] : constantNumbers(call, count, 'a count');
  if (!(k >= 1 && k <= Math.min(n, MAX_ORDERED))) throw call.fault(`${k} of ${n} numbers`, `1 to ${MAX_ORDERED}`);
  const isLargest = call.int('largest', 1) !== 0;
  let rest = isLargest ? x : call.apply('Neg', [x])[0];
  const rankedPairs: [value: Item, index: Item][] = [];
  for (let rank = 0; rank < k; rank++) {
    const [index] = call.apply('ArgMax', [rest], { axis, keepdims: 1 });
    const isChosen = oneHot(call, index, axis, n, false);
    rankedPairs.push([reduced(call, 'ReduceSum', masked(call, isChosen, x), [axis], true), index]);
    rest = call.apply('Where', [isChosen, scalar(x.type, -3e38), rest])[0];
  }
  return [0, 1].map((part) => {
    const parts = rankedPairs.map((pair) => pair[part]);
    return k === 1 ? parts[0] : call.apply('Concat', parts, { axis })[0];
  });
});

/** Maxima at the places that they were taken from; 0 elsewhere. */
const maxUnpool = composedOperator((call, [first, second, shape]) => {
  const [x, indices] = [first as Item, second as Item];
  const [N, C, ...positions] = fixedExtents(call, extentsOf(x));
  const listOf = (name: string, value: number) =>
    call.ints(
      name,
      positions.map(() => value),
    );
  const [kernel, strides] = [call.ints('kernel_shape'), listOf('strides', 1)];
  const pads = call.ints(
    'pads',
    [...positions, ...positions].map(() => 0),
  );
  const wholeExtents = positions.map((n, a) => (n - 1) * strides[a] + kernel[a] - pads[a] - pads[a + positions.length]);
  const dims = shape === undefined ? [N, C, ...wholeExtents] : constantNumbers(call, shape, 'a shape');
  // Indices count in the smallest output that the windows have.
  const size = sizeOf(wholeExtents);
  const offsets = constantNumbers(call, indices, 'indices').map((index) => {
    let [rest, offset, stride] = [index % size, 0, 1];
    for (let a = wholeExtents.length - 1; a >= 0; a--) {
      offset += (rest % wholeExtents[a]) * stride;
      rest = Math.floor(rest / wholeExtents[a]);
      stride *= dims[a + 2];
    }
    return Math.floor(index / size) * sizeOf(dims.slice(2)) + offset;
  });
  const zeros: Tensor = tensorOf(x.type, [sizeOf(dims)], () => undefined);
  const updates = inShape(call, x, [sizeOf(extentsOf(x))]);
  const at: Tensor = { type: 'int64', dims: [offsets.length], numbers: Float64Array.from(offsets) };
  return [inShape(call, call.apply('ScatterElements', [zeros, at, updates], { axis: 0 })[0], dims)];
});

export const choiceOperators = {
  Compress: compress,
  MaxUnpool: maxUnpool,
  ReverseSequence: reverseSequence,
  Tile: tile,
  TopK: topK,
};
