import { sizeOf } from '@gradloom/core/internal';
import type { AxisLayout } from '../axis-layout.ts';
import { eachPlace, stridesOf, type Tensor, type TensorType, tensorOf } from './tensor.ts';

/** The distances of neighbours along each axis of the graph, in rows of `rowLength` numbers. */
function stridesInRows({ axes, shape }: AxisLayout, rowLength: number): number[] {
  const strides = stridesOf(shape);
  return axes.map((axis) => (axis === 'N' ? rowLength : axis < 0 ? 0 : strides[axis]));
}

const rowLengthOf = (layouts: readonly AxisLayout[]): number =>
  layouts.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** Copies inputs of a graph to rows [N, I], each a part of every row. */
export function rowsOfInputs(layouts: readonly AxisLayout[], inputs: readonly Tensor[]): Float64Array {
  const rowLength = rowLengthOf(layouts);
  const N = rowsOf(layouts[0], inputs[0].dims);
  const rows = new Float64Array(N * rowLength);
  let start = 0;
  for (const [k, { dims, numbers }] of inputs.entries()) {
    const strides = stridesInRows(layouts[k], rowLength);
    eachPlace(dims, [strides], (index, at) => (rows[at] = numbers[index]), [start]);
    start += sizeOf(layouts[k].shape);
  }
  return rows;
}

/** Outputs of rows in the order of a graph, of these extents. */
export function outputsOfRows(
  layouts: readonly AxisLayout[],
  rows: ArrayLike<number>,
  dims: readonly (readonly number[])[],
  type: TensorType,
): Tensor[] {
  const rowLength = rowLengthOf(layouts);
  let start = 0;
  return layouts.map((layout, k) => {
    const strides = stridesInRows(layout, rowLength);
    const first = start;
    start += sizeOf(layout.shape);
    return tensorOf(type, dims[k], (numbers) =>
      eachPlace(dims[k], [strides], (index, at) => (numbers[index] = rows[at]), [first]),
    );
  });
}

/** The number of rows of an input with these extents. */
const rowsOf = ({ axes }: AxisLayout, dims: readonly number[]): number => {
  const axis = axes.indexOf('N');
  return axis === -1 ? 1 : dims[axis];
};
