import { defineOptions, type Named, type OptionsOf } from '../../checks/options/index.ts';
import { ops } from '../../program/ops/index.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';
import { axesOf } from './windows.ts';

export const lastPositionOptions = defineOptions('last-position', {});

/** Options of a last-position layer: none but a name. */
export interface LastPositionOptions extends OptionsOf<typeof lastPositionOptions.table>, Named {}

/** y[C] = the last real position of a sequence [T, C]. dx is dy there, and 0 at the other positions. */
export function lastPosition(options: LastPositionOptions, { input }: LayerContext): Layer {
  lastPositionOptions.read(options);
  axesOf('last-position', input, [1]);
  const [T, C] = input;
  return {
    label: `last-position(${T}x${C}->${C})`,
    in: [input],
    out: [C],
    elementwise: false,
    reads: { x: false, y: false },
    tensors: [],
    readsLengths: true,
    forward(y, [x], _parameters, B, { emit, lengths: [lengths] }) {
      emit(ops.lastPositionForward, y, x, lengths, B, T, C);
    },
    backward([dx], dy, _xs, _y, _parameters, _gradients, B, { emit, lengths: [lengths] }) {
      if (dx !== null) emit(ops.lastPositionBackward, dx, dy, lengths, B, T, C);
    },
  };
}
