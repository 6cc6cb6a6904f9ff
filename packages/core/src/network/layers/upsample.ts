import { defineOptions, type Named, type OptionsOf, oneOf, required } from '../../checks/options/index.ts';
import { ops } from '../../program/ops/index.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';
import { alongAxis, axesOf, perAxis } from './windows.ts';

export const upsampleOptions = defineOptions('upsample', {
  /** Outputs for each input along an axis: 2, or [2, 3] for height and width. */
  factor: required(perAxis(1)),
  /** Every output is the input that it lies in. @default 'nearest' */
  mode: oneOf({ nearest: true })('nearest'),
});

/** Options of an upsampling. */
export interface UpsampleOptions extends OptionsOf<typeof upsampleOptions.table>, Named {}

/** y: each position of [T, C] or [H, W, C] repeated `factor` times along its axes. */
export function upsample(options: UpsampleOptions, { input }: LayerContext): Layer {
  const { factor } = upsampleOptions.read(options);
  const axes = axesOf('upsample', input, [1, 2]);
  const factors = Array.from({ length: axes }, (_, a) => alongAxis('upsample', 'factor', factor, a, axes));
  const [H, V, C] = axes === 2 ? input : [1, ...input];
  const [FY, FX] = axes === 2 ? factors : [1, ...factors];
  return {
    label: `upsample(${factors.join('x')})`,
    in: [input],
    out: [...factors.map((repeats, a) => repeats * input[a]), C],
    elementwise: false,
    reads: { x: false, y: false },
    tensors: [],
    forward(y, [x], _parameters, B, { emit }) {
      emit(ops.upsampleForward, y, x, B, H, V, C, FY, FX);
    },
    backward([dx], dy, _xs, _y, _parameters, _gradients, B, { emit }) {
      if (dx !== null) emit(ops.upsampleBackward, dx, dy, B, H, V, C, FY, FX);
    },
  };
}
