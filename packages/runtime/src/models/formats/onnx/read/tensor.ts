import type { Elements } from '@gradloom/core';
import { sizeOf } from '@gradloom/core/internal';
import { brainFloat, half } from '../../../../data/number-types.ts';
import type { ElementType } from '../schema.ts';

/** Types of the numbers of a tensor; texts are not read. */
export type TensorType = Exclude<ElementType, 'string'>;

/** A constant of a graph, row-major. Numbers of other types than float are doubles, which hold integers to 2⁵³. */
export interface Tensor {
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly numbers: Elements;
  /** Name of the initializer that it is, whose numbers are trained; absent for other constants. */
  readonly weight?: string;
}

/** Numbers of a tensor at most: 4 GiB of floats. A graph of a stranger may ask for any. */
export const MAX_NUMBERS = 2 ** 30;

export const isFloating = (type: TensorType): boolean => /float|double/.test(type);

/** Zeros for a tensor. @throws RangeError, whose message is their number, for more than fit. */
export function numbersFor(type: TensorType, dims: readonly number[]): Elements {
  const size = sizeOf(dims);
  if (!(size <= MAX_NUMBERS)) throw new RangeError(`${size}`);
  return type === 'float' ? new Float32Array(size) : new Float64Array(size);
}

/** A tensor whose numbers `fill` writes. */
export function tensorOf(type: TensorType, dims: readonly number[], fill: (numbers: Elements) => void): Tensor {
  const numbers = numbersFor(type, dims);
  fill(numbers);
  return { type, dims, numbers };
}

/** A vector of whole numbers. */
export const integers = (numbers: readonly number[]): Tensor => ({
  type: 'int64',
  dims: [numbers.length],
  numbers: Float64Array.from(numbers),
});

/** Distances of neighbours along each axis, row-major. */
export const stridesOf = (dims: readonly number[]): number[] => dims.map((_, axis) => sizeOf(dims.slice(axis + 1)));

/**
 * Calls `visit` for each place of an array of `dims`, row-major, with its indices in arrays whose neighbours along each
 * axis have these distances: 0 repeats an axis.
 */
export function eachPlace(
  dims: readonly number[],
  strides: readonly (readonly number[])[], // of at most three arrays
  visit: (index: number, a: number, b: number, c: number) => void,
  [startA = 0, startB = 0, startC = 0]: readonly number[] = [],
): void {
  const size = sizeOf(dims);
  if (size === 0) return;
  const zeros = dims.map(() => 0);
  const [stepsA, stepsB = zeros, stepsC = zeros] = strides;
  const at = dims.map(() => 0);
  let [a, b, c] = [startA, startB, startC];
  for (let index = 0; index < size; index++) {
    visit(index, a, b, c);
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      a += stepsA[axis];
      b += stepsB[axis];
      c += stepsC[axis];
      if (++at[axis] < dims[axis]) break;
      at[axis] = 0;
      a -= stepsA[axis] * dims[axis];
      b -= stepsB[axis] * dims[axis];
      c -= stepsC[axis] * dims[axis];
    }
  }
}

/** The distances of a tensor that is spread to `dims`, as NumPy spreads it: 0 along its axes of length 1. */
export function spreadStrides({ dims: tensorDims }: Pick<Tensor, 'dims'>, dims: readonly number[]): number[] {
  const strides = stridesOf(tensorDims);
  return dims.map((_, axis) => {
    const k = axis - dims.length + tensorDims.length;
    return k < 0 || tensorDims[k] === 1 ? 0 : strides[k];
  });
}

/** The shape to which tensors are spread, as in NumPy; null if an axis differs and is 1 in none of them. */
export function spreadDims(shapes: readonly (readonly number[])[]): number[] | null {
  const rank = Math.max(...shapes.map(({ length }) => length));
  const dims = Array.from({ length: rank }, (_, axis) => {
    const extents = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((extent) => extent !== 1);
    return extents.every((extent) => extent === extents[0]) ? (extents[0] ?? 1) : Number.NaN;
  });
  return dims.some(Number.isNaN) ? null : dims;
}

/** How the numbers of a type are stored: bytes of each, and the number there. */
export const storedTypes: Readonly<Record<TensorType, readonly [bytes: number, read: Read]>> = {
  float: [4, (view, at) => view.getFloat32(at, true)],
  uint8: [1, (view, at) => view.getUint8(at)],
  int8: [1, (view, at) => view.getInt8(at)],
  uint16: [2, (view, at) => view.getUint16(at, true)],
  int16: [2, (view, at) => view.getInt16(at, true)],
  int32: [4, (view, at) => view.getInt32(at, true)],
  int64: [8, (view, at) => Number(view.getBigInt64(at, true))],
  bool: [1, (view, at) => view.getUint8(at)],
  float16: [2, (view, at) => half(view.getUint16(at, true))],
  double: [8, (view, at) => view.getFloat64(at, true)],
  uint32: [4, (view, at) => view.getUint32(at, true)],
  uint64: [8, (view, at) => Number(view.getBigUint64(at, true))],
  bfloat16: [2, (view, at) => brainFloat(view.getUint16(at, true))],
};

type Read = (view: DataView, at: number) => number;
