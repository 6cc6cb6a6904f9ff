import { defineOptions, flag, type Named, type OptionsOf } from '../../checks/options/index.ts';
import { ops } from '../../program/ops/index.ts';
import { sizeOf } from '../shape.ts';
import { alongAxis, axisOf, axisOption, reducedShape } from './axes.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

export const argmaxOptions = defineOptions('argmax', {
  /** The axis, counted from 0 or from the end: -1 is the last. @default -1 */
  axis: axisOption(-1),
  /** Whether the axis stays, with length 1. @default false */
  keepdims: flag(false),
});

/** Options of argmax. */
export interface ArgmaxOptions extends OptionsOf<typeof argmaxOptions.table>, Named {}

/** y = the index of the largest number along an axis, of equal ones the first, or of the first NaN. dx is 0. */
export function argmax(options: ArgmaxOptions, { input }: LayerContext): Layer {
  const { axis: chosenAxis, keepdims } = argmaxOptions.read(options);
  const axis = axisOf('argmax', chosenAxis, input);
  const { outer, n, inner } = alongAxis(input, axis);
  const out = reducedShape(input, [axis], keepdims);
  return {
    label: `argmax(${input.join('x')}->${out.join('x')})`,
    in: [input],
    out,
    elementwise: false,
    reads: { x: false, y: false },
    tensors: [],
    keepsPositions: [axis > 0],
    forward(y, [x], _parameters, B, { emit }) {
      emit(ops.argmax, y, x, B * outer, n, inner);
    },
    ...(axis > 0 && {
      forwardNext(y, [x], _parameters, { emit, n: positions }) {
        emit(ops.argmax, y, x, (positions * outer) / input[0], n, inner);
      },
    }),
    backward([dx], _dy, _xs, _y, _parameters, _gradients, B, { emit }) {
      if (dx !== null) emit(ops.fill, dx, 0, B * sizeOf(input));
    },
  };
}
