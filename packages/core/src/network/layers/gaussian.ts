import { defineOptions, type Named, type OptionsOf, positiveInteger } from '../../checks/options/index.ts';
import { streamKey } from '../../math/random/index.ts';
import { ops } from '../../program/ops/index.ts';
import { shapeText, sizeOf } from '../shape.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

export const gaussianOptions = defineOptions('gaussian', {
  /** Numbers per row. @default the shape of the layer before */
  size: positiveInteger(),
});

/** Options of a layer of random numbers. */
export interface GaussianOptions extends OptionsOf<typeof gaussianOptions.table>, Named {}

/**
 * y = numbers drawn from the normal distribution of mean 0 and variance 1. Of what it reads it takes the shape alone,
 * and dx is 0. In training they are a function of (seed, step, layer, row in the batch, column) by Philox-4x32-10, so
 * they do not depend on threads. The loss of an evaluation has draws, too, which depend on the row of the dataset and
 * are the same each time. Predictions have the mean: 0.
 * [Kingma & Welling 2014, §2.4](https://arxiv.org/abs/1312.6114)
 */
export function gaussian(options: GaussianOptions, { input, stream }: LayerContext): Layer {
  const { size } = gaussianOptions.read(options);
  const shape = size === undefined ? input : [size];
  const length = sizeOf(shape);
  return {
    label: `gaussian(${shapeText(shape)})`,
    in: [input],
    out: shape,
    elementwise: false,
    reads: { x: false, y: false },
    tensors: [],
    forward(y, _xs, _parameters, B, { emit, training, draws = training, seed, stepAndRow }) {
      if (draws) {
        const [key0, key1] = streamKey(seed, training ? 'draw' : 'evaluate', ...stream);
        emit(ops.gaussian, y, stepAndRow, B, length, key0, key1);
      } else emit(ops.fill, y, 0, B * length);
    },
    ...(shape.length > 1 && {
      forwardNext(y, _xs, _parameters, { emit, n }) {
        emit(ops.fill, y, 0, (n * length) / shape[0]);
      },
    }),
    backward([dx], _dy, _xs, _y, _parameters, _gradients, B, { emit }) {
      if (dx !== null) emit(ops.fill, dx, 0, B * sizeOf(input));
    },
  };
}
