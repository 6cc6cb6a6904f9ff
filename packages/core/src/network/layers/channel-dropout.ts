import { defineOptions, fraction, type Named, type OptionsOf, required } from '../../checks/options/index.ts';
import type { Elements } from '../../math/element-type.ts';
import { streamKey } from '../../math/random/index.ts';
import { ops } from '../../program/ops/index.ts';
import { channelsOf, positionsOf } from '../shape.ts';
import { unchanged } from './at-each-position.ts';
import type { Layer, Pass } from './layer.ts';
import type { LayerContext } from './layer-context.ts';
import type { LayerMemory } from './memory.ts';

export const channelDropoutOptions = defineOptions('channel-dropout', {
  /** Probability that a channel of a row is set to 0 in training, in [0, 1). */
  rate: required(fraction),
});

/** Options of a dropout of channels. */
export interface ChannelDropoutOptions extends OptionsOf<typeof channelDropoutOptions.table>, Named {}

/**
 * y = x · m / (1 - rate) with one m for all positions of a channel of a row: 0 with probability `rate`, else 1; at
 * evaluation y = x. The mask is a function of (seed, step, layer, row in the batch, channel), as that of
 * dropout. Rows of one axis lose single numbers, as in dropout.
 * [Tompson et al. 2015](https://arxiv.org/abs/1411.4280); PyTorch's `Dropout2d`.
 */
export function channelDropout(options: ChannelDropoutOptions, { input, stream }: LayerContext): Layer {
  const { rate } = channelDropoutOptions.read(options);
  const [R, C] = [positionsOf(input), channelsOf(input)];
  const threshold = Math.floor(rate * 4294967296);
  const factor = 1 / (1 - rate);

  /** y = x · m / (1 - rate) in training, else y = x. y may be x. */
  function drop(y: Elements, x: Elements, B: number, pass: Pass, { arrays: [mask] }: LayerMemory): void {
    const { emit, training, seed, stepAndRow } = pass;
    if (training && rate > 0) {
      const [key0, key1] = streamKey(seed, 'dropout', ...stream);
      emit(ops.channelDropout, y, x, mask, stepAndRow, B, R, C, key0, key1, threshold, factor);
    } else if (y !== x) emit(ops.copy, y, x, B * R * C);
  }

  return {
    label: `channel-dropout(${rate})`,
    in: [input],
    out: input,
    elementwise: true,
    reads: { x: false, y: false },
    tensors: [],
    createMemory: (_rows, allocate) => ({ arrays: [allocate(C)] }),
    forward(y, [x], _parameters, B, pass, memory) {
      drop(y, x, B, pass, memory);
    },
    forwardNext: unchanged(input),
    backward([dx], dy, _xs, _y, _parameters, _gradients, B, pass, memory) {
      if (dx !== null) drop(dx, dy, B, pass, memory);
    },
  };
}
