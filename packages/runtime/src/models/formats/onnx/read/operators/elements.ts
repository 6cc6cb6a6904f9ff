import { sizeOf } from '@gradloom/core/internal';
import { align, mixedRows } from '../align.ts';
import { type Call, extentsOf, type Item, isConstant } from '../call.ts';
import { ROWS, regroupAxes } from '../rows.ts';
import { eachPlace, integers, stridesOf, type Tensor, tensorOf } from '../tensor.ts';
import { axisOf, constantNumbers } from './moves.ts';
import type { Operator } from './operator.ts';
import { reduced } from './reductions.ts';
import { binary, spread } from './scalars.ts';
import { takeOf, takeRows } from './take.ts';

// Operators that choose single numbers, by indices or by masks.

const equality = binary(
  (a, b) => (a === b ? 1 : 0),
  (a, b) => a.equal(b),
  'bool',
);

/** An operator that is made of others: `make` is its plain code for constants, and its layers. */
export const composedOperator = (
  make: (call: Call, xs: readonly (Item | undefined)[]) => readonly Item[],
): Operator => ({ evaluate: (call, xs) => make(call, xs) as readonly Tensor[], layers: make });

/** Extents of which none is of the rows of a batch, whose number is free. @throws Error if one is */
export function fixedExtents(call: Call, dims: readonly number[]): readonly number[] {
  if (dims.some((extent) => extent > 0 && extent % ROWS.extent === 0)) throw mixedRows(call);
  return dims;
}

/** The item with axes of other extents, as of a Reshape. */
export function inShape(call: Call, x: Item, dims: readonly number[]): Item {
  const rows = isConstant(x) ? x : regroupAxes(x, dims);
  // A constant has no rows of a batch.
  if (rows === null || sizeOf(extentsOf(x)) !== sizeOf(dims)) throw mixedRows(call);
  if (isConstant(rows)) return { ...rows, dims };
  return rows;
}

/** The numbers of x where a mask is not 0, elsewhere 0; spread over each other's axes. */
export function masked(call: Call, mask: Item, x: Item): Item {
  if (isConstant(mask) && isConstant(x)) return spread(call, [mask, x], (m, value) => (m === 0 ? 0 : value), x.type);
  const zero: Tensor = { type: x.type, dims: [], numbers: new Float64Array(1) };
  const { axes, stored, values } = align(call, [mask, x, zero]);
  return { type: x.type, axes, stored, value: values[0].where(values[1], values[2]) };
}

/** 1 where an index counts a place of an axis of n, else 0. `indices` has length 1 there; negative ones count back. */
export function oneHot(call: Call, indices: Item, axis: number, n: number, countsFromEnd = true): Item {
  fixedExtents(call, [n]);
  const rank = extentsOf(indices).length;
  const dims = Array.from({ length: rank }, (_, k) => (k === axis ? n : 1));
  const places = (from: number): Tensor => ({ ...integers(Array.from({ length: n }, (_, k) => from + k)), dims });
  const isAt = (from: number): Item => {
    const xs = [indices, places(from)];
    return isConstant(indices) ? equality.evaluate(call, xs as Tensor[])[0] : (equality.layers?.(call, xs)[0] as Item);
  };
  if (!countsFromEnd || (isConstant(indices) && indices.numbers.every((index) => index >= 0))) return isAt(0);
  return call.apply('Add', [isAt(0), isAt(-n)])[0]; // negative indices count from the end
}

/** y[i, j, k] = x[i, indices[i, j, k], k], for axis 1: the sum over an axis of x, where the index is its place. */
const gatherElements = composedOperator((call, [first, second]) => {
  const [x, indices] = [first as Item, second as Item];
  const dims = extentsOf(x);
  const indexDims = extentsOf(indices);
  const axis = axisOf(call, call.int('axis', 0), dims.length);
  const cut = dims.reduce<Item>((y, extent, k) => {
    if (k === axis || indexDims[k] === extent) return y;
    fixedExtents(call, [extent, indexDims[k]]);
    const kept = Array.from({ length: indexDims[k] }, (_, index) => index);
    return isConstant(y) ? takeOf(y, k, kept) : takeRows(call, y, k, kept);
  }, x);
  const [shapeOfX, shapeOfIndices] = [extentsOf(cut).toSpliced(axis, 0, 1), indexDims.toSpliced(axis + 1, 0, 1)];
  const selection = oneHot(call, inShape(call, indices, shapeOfIndices), axis + 1, dims[axis]);
  const chosenNumbers = masked(call, selection, inShape(call, cut, shapeOfX));
  return [reduced(call, 'ReduceSum', chosenNumbers, [axis + 1], false)];
});

/** Numbers of an item at places of the order of its graph, as a vector. */
function atPlaces(call: Call, x: Item, places: readonly number[]): Item {
  const flat = inShape(call, x, [sizeOf(fixedExtents(call, extentsOf(x)))]);
  return isConstant(flat) ? takeOf(flat, 0, places) : takeRows(call, flat, 0, places);
}

/** The starts of the blocks in an array of `dims` that rows of indices [..., q] point to, and the length of each. */
function blocksAt(call: Call, dims: readonly number[], indices: Tensor, batchAxes = 0) {
  const count = indices.dims.at(-1) ?? 1;
  const strides = stridesOf(dims);
  const perBatch = sizeOf(indices.dims.slice(batchAxes, -1));
  const blockStarts = Array.from({ length: indices.numbers.length / count }, (_, row) => {
    let start = Math.floor(row / perBatch) * (strides[batchAxes - 1] ?? 0);
    for (let k = 0; k < count; k++) {
      const [index, extent] = [indices.numbers[row * count + k], dims[batchAxes + k]];
      if (!(index >= -extent && index < extent)) throw call.fault(`the index ${index}`, `one below ${extent}`);
      start += (index < 0 ? index + extent : index) * strides[batchAxes + k];
    }
    return start;
  });
  return { starts: blockStarts, length: strides[batchAxes + count - 1], rest: dims.slice(batchAxes + count) };
}

const placesOf = ({ starts, length }: { readonly starts: readonly number[]; readonly length: number }): number[] =>
  starts.flatMap((start) => Array.from({ length }, (_, k) => start + k));

const constantIndices = (call: Call, indices: Item | undefined): Tensor => {
  if (indices === undefined || !isConstant(indices)) throw call.fault('indices that depend on its inputs', 'constants');
  return indices;
};

const gatherND = composedOperator((call, [first, second]) => {
  const [x, indices] = [first as Item, constantIndices(call, second)];
  const blocks = blocksAt(call, fixedExtents(call, extentsOf(x)), indices, call.int('batch_dims', 0));
  const dims = [...indices.dims.slice(0, -1), ...blocks.rest];
  return [inShape(call, atPlaces(call, x, placesOf(blocks)), dims)];
});

/** What `reduction` of a scatter makes of numbers that meet at one place, and what changes nothing there. */
const scatterReductions: Readonly<Record<string, readonly [operator: string, neutral: number]>> = {
  add: ['Add', 0],
  mul: ['Mul', 1],
  max: ['Max', -3e38],
  min: ['Min', 3e38],
};

/** x with updates at places of the order of the graph: both one after the other, of which each place takes one. */
function scatter(call: Call, x: Item, updates: Item, places: readonly number[]): Item {
  const reduction = call.text('reduction', 'none');
  const dims = extentsOf(x);
  const flat = (item: Item): Item => inShape(call, item, [sizeOf(extentsOf(item))]);
  const concatenate = (a: Item, b: Item): Item => call.apply('Concat', [a, b], { axis: 0 })[0];
  const size = sizeOf(dims);
  if (reduction === 'none') {
    const from = Array.from({ length: size }, (_, k) => k);
    for (const [k, index] of places.entries()) from[index] = size + k;
    return inShape(call, atPlaces(call, concatenate(flat(x), flat(updates)), from), dims);
  }
  if (!Object.hasOwn(scatterReductions, reduction)) throw call.fault(`reduction ${reduction}`, 'add, mul, max or min');
  const [operator, neutral] = scatterReductions[reduction];
  const waiting = new Map<number, number[]>();
  for (const [k, index] of places.entries()) waiting.set(index, [...(waiting.get(index) ?? []), k]);
  const rounds = Math.max(0, ...[...waiting.values()].map((list) => list.length));
  const { type } = x;
  const updatesAndNeutral = concatenate(flat(updates), { type, dims: [1], numbers: Float64Array.of(neutral) });
  let y = flat(x);
  for (let round = 0; round < rounds; round++) {
    const from = Array.from({ length: size }, (_, index) => waiting.get(index)?.[round] ?? places.length);
    y = call.apply(operator, [y, atPlaces(call, updatesAndNeutral, from)])[0];
  }
  return inShape(call, y, dims);
}

const scatterElements = composedOperator((call, [x, second, updates]) => {
  const indices = constantIndices(call, second);
  const dims = fixedExtents(call, extentsOf(x as Item));
  const axis = axisOf(call, call.int('axis', 0), dims.length);
  const strides = stridesOf(dims);
  const places: number[] = [];
  eachPlace(indices.dims, [strides.with(axis, 0)], (k, at) => {
    const index = indices.numbers[k];
    places.push(at + (index < 0 ? index + dims[axis] : index) * strides[axis]);
  });
  return [scatter(call, x as Item, updates as Item, places)];
});

const scatterND = composedOperator((call, [x, indices, updates]) => {
  const blocks = blocksAt(call, fixedExtents(call, extentsOf(x as Item)), constantIndices(call, indices));
  return [scatter(call, x as Item, updates as Item, placesOf(blocks))];
});

/** The upper or lower triangle of the last two axes; elsewhere 0. */
const trilu = composedOperator((call, [first, shift]) => {
  const x = first as Item;
  const [k = 0] = shift === undefined ? [] : constantNumbers(call, shift, 'a diagonal');
  const [n, m] = fixedExtents(call, extentsOf(x).slice(-2));
  const isUpper = call.int('upper', 1) !== 0;
  const mask = tensorOf('bool', [n, m], (numbers) =>
    numbers.set(
      numbers.map((_, at) => {
        const distance = (at % m) - Math.floor(at / m);
        return (isUpper ? distance >= k : distance <= k) ? 1 : 0;
      }),
    ),
  );
  return [masked(call, mask, x)];
});

/** A one where the index of each number is, of `depth` along a new axis, between two values. */
const oneHotOperator = composedOperator((call, [indices, depth, values]) => {
  const [n] = constantNumbers(call, depth, 'a depth');
  const dims = extentsOf(indices as Item);
  const axisAttribute = call.int('axis', -1);
  const axis = axisOf(call, axisAttribute, dims.length + 1);
  const hot = oneHot(call, inShape(call, indices as Item, dims.toSpliced(axis, 0, 1)), axis, n);
  const [off, on] = constantNumbers(call, values, 'values');
  const { type } = values as Tensor;
  const numberOf = (value: number): Tensor => ({ type, dims: [], numbers: Float64Array.of(value) });
  const scaledHot = call.apply('Mul', [{ ...hot, type }, numberOf(on - off)]);
  return call.apply('Add', [scaledHot[0], numberOf(off)]);
});

export const elementOperators = {
  GatherElements: gatherElements,
  GatherND: gatherND,
  OneHot: oneHotOperator,
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
  Trilu: trilu,
} satisfies Record<string, Operator>;
