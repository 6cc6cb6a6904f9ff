import { OptionError } from '../checks/option-error.ts';
import { defineOptions, flag, type Named, type OptionsOf, positiveInteger } from '../checks/options/index.ts';
import { show } from '../checks/show.ts';
import { pow } from '../math/pow.ts';
import { batchNorm, conv2d, conv2dTranspose, maxPool, relu } from './builders.ts';
import { checkImage, init } from './image-network.ts';
import type { LayerSpec } from './layers/index.ts';
import type { NetworkSpec } from './network.ts';
import type { Shape } from './shape.ts';
import { input, network, type Value } from './values.ts';

const unetOptions = defineOptions('unet', {
  /** How often the size is halved. @default 4 */
  levels: positiveInteger(4),
  /** Channels at the full size; each level has twice as many. @default 64 */
  channels: positiveInteger(64),
  /** Whether a batch-norm follows each convolution, which then has no bias. @default true */
  norm: flag(true),
});

/** Options of `unet`. */
export interface UnetOptions extends OptionsOf<typeof unetOptions.table>, Named {}

/**
 * A U-Net, whose outputs [H, W, outputs] are an answer for each pixel. Each level has two convolutions of 3x3 with relu
 * and then max-pool 2; on the way back transposed convolutions of 2x2 double the size, and their outputs stand after
 * the channels that the level had on the way down. A convolution of 1x1 makes the outputs. Convolutions are padded, and
 * have batch-norms unless `norm` is false; the paper has neither. Weights begin he-normal, those of the outputs and of
 * transposed convolutions glorot-uniform. Height and width are multiples of 2^levels.
 * [Ronneberger et al. 2015](https://arxiv.org/abs/1505.04597)
 * @throws OptionError for other inputs
 */
export function unet(shape: Shape, outputs: number, options: UnetOptions = {}): NetworkSpec {
  const { levels, channels, norm } = unetOptions.read(options);
  checkImage('unet', shape, outputs);
  const factor = pow(2, levels);
  if (shape[0] % factor !== 0 || shape[1] % factor !== 0) {
    const problem = `has ${show(shape)}, expected a height and a width that are multiples of ${factor} for ${levels} levels`;
    throw new OptionError('unet', 'input', problem);
  }
  const convolution = (out: number): LayerSpec[] => [
    conv2d(out, 3, { padding: 1, ...(norm ? { bias: false } : {}), init }),
    ...(norm ? [batchNorm()] : []),
    relu(),
  ];
  const pair = (out: number): LayerSpec[] => [...convolution(out), ...convolution(out)];
  const level = (x: Value, out: number, coarser: number): Value => {
    const y = x.through(...pair(out));
    if (coarser === 0) return y;
    const coarse = level(y.through(maxPool(2)), 2 * out, coarser - 1);
    return y.concat(coarse.through(conv2dTranspose(out, 2, { stride: 2 }))).through(...pair(out));
  };
  return network(level(input(shape), channels, levels).through(conv2d(outputs, 1)));
}
