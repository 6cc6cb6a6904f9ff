import { sizeOf } from '@gradloom/core/internal';
import type { Place } from '../places.ts';
import { eachPlace, stridesOf, type Tensor, type TensorType, tensorOf } from './tensor.ts';

/** The distances of neighbours along each axis of the graph, in rows of `rowLength` numbers. */
function stridesInRows({ axes, shape }: Place, rowLength: number): number[] {
  const strides = stridesOf(shape);
  return axes.map((axis) => (axis === 'N' ? rowLength : axis < 0 ? 0 : strides[axis]));
}

const rowLengthOf = (places: readonly Place[]): number => places.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** Copies inputs of a graph to rows [N, I], each a part of every row. */
export function rowsOfInputs(placed: readonly Place[], inputs: readonly Tensor[]): Float64Array {
  const rowLength = rowLengthOf(placed);
  const N = rowsOf(placed[0], inputs[0].dims);
  const rows = new Float64Array(N * rowLength);
  let start = 0;
  for (const [k, { dims, numbers }] of inputs.entries()) {
    const strides = stridesInRows(placed[k], rowLength);
    eachPlace(dims, [strides], (place, at) => (rows[at] = numbers[place]), [start]);
    start += sizeOf(placed[k].shape);
  }
  return rows;
}

/** Outputs of rows in the order of a graph, of these extents. */
export function outputsOfRows(
  placed: readonly Place[],
  rows: ArrayLike<number>,
  dims: readonly (readonly number[])[],
  type: TensorType,
): Tensor[] {
  const rowLength = rowLengthOf(placed);
  let start = 0;
  return placed.map((value, k) => {
    const strides = stridesInRows(value, rowLength);
    const first = start;
    start += sizeOf(value.shape);
    return tensorOf(type, dims[k], (numbers) =>
      eachPlace(dims[k], [strides], (place, at) => (numbers[place] = rows[at]), [first]),
    );
  });
}

/** The number of rows of an input with these extents. */
const rowsOf = ({ axes }: Place, dims: readonly number[]): number => {
  const axis = axes.indexOf('N');
  return axis === -1 ? 1 : dims[axis];
};
