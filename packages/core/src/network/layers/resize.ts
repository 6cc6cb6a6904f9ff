import { defineOptions, type Named, type OptionsOf, oneOf, required } from '../../checks/options/index.ts';
import { type Shape, sizeOf } from '../shape.ts';
import { moveLayer, readingOf, type Terms } from './axis-moves.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';
import { alongAxis, axesOf, perAxis } from './windows.ts';

/** What place o of `outputs` along an axis reads of `inputs` places: those around (o + ½) · inputs / outputs - ½. */
const modes: Readonly<Record<'nearest' | 'linear', (o: number, inputs: number, outputs: number) => Terms>> = {
  nearest: (o, inputs, outputs) => [{ from: Math.floor(((2 * o + 1) * inputs) / (2 * outputs)), factor: 1 }],
  linear(o, inputs, outputs) {
    // The position among the inputs is scaledPosition / scale.
    const [scaledPosition, scale] = [Math.max((2 * o + 1) * inputs - outputs, 0), 2 * outputs];
    const from = Math.floor(scaledPosition / scale);
    const fraction = (scaledPosition - from * scale) / scale;
    if (fraction === 0 || from + 1 >= inputs) return [{ from, factor: 1 }];
    return [
      { from, factor: 1 - fraction },
      { from: from + 1, factor: fraction },
    ];
  },
};

export const resizeOptions = defineOptions('resize', {
  /** Positions along an axis: 14, or [14, 20] for height and width. */
  size: required(perAxis(1)),
  /** The nearest input of each output, or a mean of the two around it along each axis. @default 'nearest' */
  mode: oneOf(modes)('nearest'),
});

/** Options of a resize layer. */
export interface ResizeOptions extends OptionsOf<typeof resizeOptions.table>, Named {}

/**
 * y: the positions of [T, C] or [H, W, C] resized to `size`, pixels being areas, as in PyTorch's `interpolate` (modes
 * 'nearest-exact', 'linear' and 'bilinear', not aligned at corners). Linear along height first, then along width.
 */
export function resize(options: ResizeOptions, { input }: LayerContext): Layer {
  const { size, mode } = resizeOptions.read(options);
  const readings = resizedAxes({ size, mode }, input).map(
    (axis) => axis && readingOf(axis.outputs, axis.inputs, axis.termsOf),
  );
  const layer = moveLayer('resize', input, readings);
  const [height, width, channels] = readings;
  if (mode === 'nearest' || channels === undefined || height === null || width === null) return layer;
  // Each axis by itself, with an image between them.
  const vertical = moveLayer('resize', input, [height, null, null]);
  const horizontal = moveLayer('resize', vertical.out, [null, width, null]);
  return {
    ...layer,
    createMemory: (rows, allocate) => ({ arrays: [allocate(rows * sizeOf(vertical.out))] }),
    forward(y, xs, parameters, B, pass, memory) {
      const { arrays } = memory;
      vertical.forward(arrays[0], xs, parameters, B, pass, memory);
      horizontal.forward(y, arrays, parameters, B, pass, memory);
    },
    backward(dxs, dy, xs, y, parameters, gradients, B, pass, memory) {
      const { arrays } = memory;
      horizontal.backward(arrays, dy, arrays, y, parameters, gradients, B, pass, memory);
      vertical.backward(dxs, arrays[0], xs, arrays[0], parameters, gradients, B, pass, memory);
    },
  };
}

/** An axis that is resized, and what its places read. */
interface ResizedAxis {
  readonly inputs: number;
  readonly outputs: number;
  termsOf(output: number): Terms;
}

/** The axes of rows of a shape; null for those that stay as they are. */
export function resizedAxes({ size, mode = 'nearest' }: ResizeOptions, input: Shape): (ResizedAxis | null)[] {
  const axes = axesOf('resize', input, [1, 2]);
  return input.map((inputs, a) => {
    const outputs = a < axes ? alongAxis('resize', 'size', size, a, axes) : inputs;
    return outputs === inputs ? null : { inputs, outputs, termsOf: (o) => modes[mode](o, inputs, outputs) };
  });
}
