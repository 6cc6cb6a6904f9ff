import { OptionError } from '../../checks/option-error.ts';
import { defineOptions, type Named, type OptionsOf, required } from '../../checks/options/index.ts';
import { ONE_POSITION, type WindowGeometry } from '../../math/windows.ts';
import { ops } from '../../program/ops/index.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';
import { alongAxis, axesOf, perAxis, windowsAlong } from './windows.ts';

const table = {
  /** Size of the window: 2, or [2, 3] for height and width. */
  size: required(perAxis(1)),
  /** Distance of neighbouring windows. @default the size */
  stride: perAxis(1)(),
  /** Positions around the image on each side, at most half of the size. @default 0 */
  padding: perAxis(0)(0),
};

export const maxPoolOptions = defineOptions('max-pool', table);
export const avgPoolOptions = defineOptions('avg-pool', table);

/** Options of a pool. */
export interface PoolingOptions extends OptionsOf<typeof table>, Named {}

/**
 * y = the maximum of each window of each channel, over one axis of [T, C] or two of [H, W, C]. Padding is -∞; NaN stays
 * NaN. Of equal maxima the first takes the gradient. Axes have ⌊(n + 2 · padding - size) / stride⌋ + 1 outputs, as in
 * PyTorch.
 */
export function maxPool(options: PoolingOptions, context: LayerContext): Layer {
  const { geometry, ...layer } = poolLayer('max-pool', maxPoolOptions.read(options), context);
  return {
    ...layer,
    // The backward pass finds the maximum of a window again, from x and y.
    reads: { x: true, y: true },
    forward(y, [x], _parameters, B, { emit }) {
      emit(ops.maxPoolForward, y, x, B, geometry);
    },
    backward([dx], dy, [x], y, _parameters, _gradients, B, { emit }) {
      if (dx !== null) emit(ops.maxPoolBackward, dx, dy, x, y, B, geometry);
    },
  };
}

/**
 * y = the mean of each window of each channel, over one axis of [T, C] or two of [H, W, C]. Padding counts as zeros, as
 * in PyTorch, where a sum is divided by the whole window. The number of outputs is that of max-pool.
 */
export function avgPool(options: PoolingOptions, context: LayerContext): Layer {
  const { geometry, ...layer } = poolLayer('avg-pool', avgPoolOptions.read(options), context);
  return {
    ...layer,
    reads: { x: false, y: false },
    forward(y, [x], _parameters, B, { emit }) {
      emit(ops.avgPoolForward, y, x, B, geometry);
    },
    backward([dx], dy, _xs, _y, _parameters, _gradients, B, { emit }) {
      if (dx !== null) emit(ops.avgPoolBackward, dx, dy, B, geometry);
    },
  };
}

function poolLayer(
  kind: 'max-pool' | 'avg-pool',
  { size, stride = size, padding }: ReturnType<typeof maxPoolOptions.read>,
  { input }: LayerContext,
) {
  const axes = axesOf(kind, input, [1, 2]);
  const windowAxes = Array.from({ length: axes }, (_, a) => {
    const along = (name: string, value: number | readonly number[]) => alongAxis(kind, name, value, a, axes);
    const [kernel, before] = [along('size', size), along('padding', padding)];
    if (2 * before > kernel) {
      const problem = `has ${before}, expected at most half of the size, ${kernel}`;
      throw new OptionError(kind, 'padding', problem);
    }
    const window = { kernel, stride: along('stride', stride), dilation: 1, before, padding: 2 * before };
    return windowsAlong(kind, 'size', input, a, window);
  });
  const [height, width] = axes === 2 ? windowAxes : [ONE_POSITION, ...windowAxes];
  const C = input[axes];
  const geometry: WindowGeometry = { height, width, C };
  return {
    label: `${kind}(${windowAxes.map(({ kernel }) => kernel).join('x')})`,
    in: [input],
    out: [...windowAxes.map(({ outputs }) => outputs), C],
    elementwise: false,
    tensors: [],
    geometry,
  };
}
