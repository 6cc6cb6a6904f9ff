import { OptionError } from '../../checks/option-error.ts';
import { defineOptions, type Named, type OptionsOf } from '../../checks/options/index.ts';
import { show } from '../../checks/show.ts';
import { ops } from '../../program/ops/index.ts';
import { sumLevels } from '../../program/reference/sum-rows.ts';
import { channelsOf, positionsOf } from '../shape.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

export const globalAvgPoolOptions = defineOptions('global-avg-pool', {});

/** Options of a global average pool: none. */
export interface GlobalAvgPoolOptions extends OptionsOf<typeof globalAvgPoolOptions.table>, Named {}

/** y[C] = the mean of each channel over all positions of an image [H, W, C], or the real ones of a sequence [T, C]. */
export function globalAvgPool(options: GlobalAvgPoolOptions, { input }: LayerContext): Layer {
  globalAvgPoolOptions.read(options);
  if (input.length < 2) {
    const problem = `has shape ${show(input)}, expected positions and channels, such as [height, width, channels]`;
    throw new OptionError('global-avg-pool', 'in', problem, { about: 'input' });
  }
  const [R, C] = [positionsOf(input), channelsOf(input)];
  const isSequence = input.length === 2;
  return {
    label: 'global-avg-pool',
    in: [input],
    out: [C],
    elementwise: false,
    reads: { x: false, y: false },
    tensors: [],
    readsLengths: isSequence,
    // Partial sums of pieces.
    createMemory: (_rows, allocate) => ({ arrays: [allocate(sumLevels(1, R) * C)] }),
    forward(y, [x], _parameters, B, { emit, lengths: [lengths] }, { arrays: [sums] }) {
      if (isSequence) emit(ops.sequenceMeanForward, y, sums, x, lengths, B, R, C);
      else emit(ops.globalAvgPoolForward, y, sums, x, B, R, C);
    },
    backward([dx], dy, _xs, _y, _parameters, _gradients, B, { emit, lengths: [lengths] }) {
      if (dx === null) return;
      if (isSequence) emit(ops.sequenceMeanBackward, dx, dy, lengths, B, R, C);
      else emit(ops.globalAvgPoolBackward, dx, dy, B, R, C);
    },
  };
}
