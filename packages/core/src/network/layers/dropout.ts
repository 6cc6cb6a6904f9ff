import {
  defineOptions,
  fraction,
  type Named,
  type OptionsOf,
  positiveInteger,
  required,
} from '../../checks/options/index.ts';
import type { Elements } from '../../math/element-type.ts';
import { streamKey } from '../../math/random/index.ts';
import { ops } from '../../program/ops/index.ts';
import { sizeOf } from '../shape.ts';
import { unchanged } from './at-each-position.ts';
import type { Layer, Pass } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

export const dropoutOptions = defineOptions('dropout', {
  /** Probability that an input is set to 0 in training, in [0, 1). */
  rate: required(fraction),
  /** Inputs and outputs per row. @default the outputs of the layer before */
  size: positiveInteger(),
});

/** Options of a dropout layer. */
export interface DropoutOptions extends OptionsOf<typeof dropoutOptions.table>, Named {}

/**
 * y = x · m / (1 - rate) with m = 0 with probability `rate`, else 1; at evaluation y = x. The mask is a function of
 * (seed, step, layer, row in the batch, column) by Philox-4x32-10, so it takes no memory and does not depend on
 * threads.
 * [Srivastava et al. 2014](https://jmlr.org/papers/v15/srivastava14a.html), scaled in training as in PyTorch.
 */
export function dropout(options: DropoutOptions, { input, stream }: LayerContext): Layer {
  const { rate, size: chosenSize } = dropoutOptions.read(options);
  const shape = chosenSize === undefined || chosenSize === sizeOf(input) ? input : [chosenSize];
  const size = sizeOf(shape);
  const threshold = Math.floor(rate * 4294967296);
  const factor = 1 / (1 - rate);

  /** y = x · m / (1 - rate) in training, else y = x. y may be x. */
  function mask(
    y: Elements, // [B, size] out
    x: Elements, // [B, size]
    B: number,
    { emit, training, seed, stepAndRow }: Pass,
  ): void {
    if (training && rate > 0) {
      const [key0, key1] = streamKey(seed, 'dropout', ...stream);
      emit(ops.dropout, y, x, stepAndRow, B, size, key0, key1, threshold, factor);
    } else if (y !== x) emit(ops.copy, y, x, B * size);
  }

  return {
    label: `dropout(${rate})`,
    in: [shape],
    out: shape,
    elementwise: true,
    reads: { x: false, y: false },
    tensors: [],
    forward(y, [x], _parameters, B, pass) {
      mask(y, x, B, pass);
    },
    forwardNext: unchanged(shape),
    backward([dx], dy, _xs, _y, _parameters, _gradients, B, pass) {
      if (dx !== null) mask(dx, dy, B, pass);
    },
  };
}
