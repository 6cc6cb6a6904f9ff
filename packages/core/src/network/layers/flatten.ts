import { defineOptions, type Named } from '../../checks/options/index.ts';
import { ops } from '../../program/ops/index.ts';
import { sizeOf } from '../shape.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

export const flattenOptions = defineOptions('flatten', {});

/** Options of a flatten layer: none but a name. */
export interface FlattenOptions extends Named {}

/** Makes one axis of all axes of a row, the last varying fastest: [28, 28, 1] becomes [784]. Moves no number. */
export function flatten(options: FlattenOptions, { input }: LayerContext): Layer {
  flattenOptions.read(options);
  const size = sizeOf(input);
  return {
    label: `flatten(${input.join('x')}->${size})`,
    in: [input],
    out: [size],
    elementwise: true,
    isView: true,
    reads: { x: false, y: false },
    tensors: [],
    forward(y, [x], _parameters, B, { emit }) {
      if (y !== x) emit(ops.copy, y, x, B * size);
    },
    backward([dx], dy, _xs, _y, _parameters, _gradients, B, { emit }) {
      if (dx !== null && dx !== dy) emit(ops.copy, dx, dy, B * size);
    },
  };
}
