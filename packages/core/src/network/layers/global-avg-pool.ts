import { OptionError } from '../../checks/option-error.ts';
import { defineOptions, type Named, type OptionsOf } from '../../checks/options/index.ts';
import { show } from '../../checks/show.ts';
import { ops } from '../../program/ops/index.ts';
import { sumLevels } from '../../program/reference/index.ts';
import { channelsOf, positionsOf } from '../shape.ts';
import type { Layer } from './layer.ts';
import type { Place } from './place.ts';

export const globalAvgPoolOptions = defineOptions('global-avg-pool', {});

/** Options of a global average pool: none. */
export interface GlobalAvgPoolOptions extends OptionsOf<typeof globalAvgPoolOptions.table>, Named {}

/** y[C] = the mean of each channel over all positions of [H, W, C] or [T, C]. */
export function globalAvgPool(options: GlobalAvgPoolOptions, { input }: Place): Layer {
  globalAvgPoolOptions.read(options);
  if (input.length < 2) {
    const problem = `has shape ${show(input)}, expected positions and channels, such as [height, width, channels]`;
    throw new OptionError('global-avg-pool', 'in', problem, { about: 'input' });
  }
  const [R, C] = [positionsOf(input), channelsOf(input)];
  return {
    label: 'global-avg-pool',
    in: input,
    out: [C],
    elementwise: false,
    reads: { x: false, y: false },
    tensors: [],
    // Sums of pieces that wait.
    createMemory: (_rows, allocate) => ({ arrays: [allocate(sumLevels(1, R) * C)] }),
    forward(y, x, _parameters, B, { emit }, { arrays: [sums] }) {
      emit(ops.globalAvgPoolForward, y, sums, x, B, R, C);
    },
    backward(dx, dy, _x, _y, _parameters, _gradients, B, { emit }) {
      if (dx !== null) emit(ops.globalAvgPoolBackward, dx, dy, B, R, C);
    },
  };
}
