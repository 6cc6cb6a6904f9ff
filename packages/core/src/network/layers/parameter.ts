import { checkedBy, defineOptions, type Named, type OptionsOf, required } from '../../checks/options/index.ts';
import { initializer } from '../../families/initializers/index.ts';
import { ops } from '../../program/ops/index.ts';
import { sumLevels } from '../../program/reference/sum-rows.ts';
import { shapeText, sizeOf } from '../shape.ts';
import { MAX_EXTENT } from './axes.ts';
import { initializedTensor } from './initialized-tensor.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

export const parameterOptions = defineOptions('parameter', {
  /** Shape of W, and of each row that the layer writes. */
  shape: required(
    checkedBy(
      'a list of at least 1 positive whole number, such as [8, 3]',
      (value): value is readonly number[] =>
        Array.isArray(value) && value.length > 0 && value.every((n) => Number.isInteger(n) && n > 0 && n <= MAX_EXTENT),
    ),
  ),
  /** Initializer of W. @default 'zeros' */
  init: initializer('zeros'),
});

/** Options of a parameter. */
export interface ParameterOptions extends OptionsOf<typeof parameterOptions.table>, Named {}

/**
 * y = W for each row: a trained tensor as a value, for operations to read. Of what it reads it takes the number of rows
 * alone, and dx is 0. dW adds the rows of a leaf ascending.
 */
export function parameter(options: ParameterOptions, { input, customParts }: LayerContext): Layer {
  const { init, shape } = parameterOptions.read(options);
  const size = sizeOf(shape);
  return {
    label: `parameter(${shapeText(shape)})`,
    in: [input],
    out: shape,
    elementwise: false,
    reads: { x: false, y: false },
    tensors: [initializedTensor('W', shape, init, [size, size], customParts)],
    createMemory: (rows, _allocate, { allocateForBackward = _allocate }) => ({
      arrays: [allocateForBackward(sumLevels(rows, 1) * size)], // partial sums of leaves
    }),
    forward(y, _xs, [W], B, { emit }) {
      const [row, column] = [
        { count: B, to: size, from: 0 },
        { count: size, to: 1, from: 1 },
      ];
      emit(ops.stridedCopy, y, W, { to: 0, from: 0, axes: [row, column] });
    },
    backward([dx], dy, _xs, _y, _parameters, gradients, B, { emit, leafRows, accumulate }, { arrays: [sums] }) {
      if (gradients !== null) emit(ops.positionSums, gradients[0], sums, dy, B, leafRows, accumulate, 1, size);
      if (dx !== null) emit(ops.fill, dx, 0, B * sizeOf(input));
    },
  };
}
