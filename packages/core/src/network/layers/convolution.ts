import { OptionError } from '../../checks/option-error.ts';
import {
  checkedBy,
  defineOptions,
  flag,
  type Named,
  type OptionsOf,
  positiveInteger,
  required,
} from '../../checks/options/index.ts';
import { initializer } from '../../families/initializers/index.ts';
import { type ConvolutionGeometry, ONE_POSITION } from '../../math/windows.ts';
import { ops } from '../../program/ops/index.ts';
import { initializedTensor } from './initialized-tensor.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';
import { alongAxis, axesOf, perAxis, windowsAlong } from './windows.ts';

const paddingKind = checkedBy(
  "a whole number from 0 to 16777216, a list of one for each axis, or 'same'",
  (value): value is number | readonly number[] | 'same' => value === 'same' || perAxis(0).isValid(value),
);

const table = {
  /** O: channels of the output. */
  out: required(positiveInteger),
  /** Size of the window: 3, or on images [3, 5] for height and width. */
  kernel: required(perAxis(1)),
  /** Distance of neighbouring windows. @default 1 */
  stride: perAxis(1)(1),
  /**
   * Zeros on each side of an axis. 'same' keeps the size of the input; it takes no stride above 1, and an odd number of
   * zeros has one more to the right and below. @default 0
   */
  padding: paddingKind(0),
  /** Distance of neighbouring inputs of a window. @default 1 */
  dilation: perAxis(1)(1),
  /** Groups of channels: each group of outputs reads its own. As many as channels: depthwise. @default 1 */
  groups: positiveInteger(1),
  /** Whether to add b [O]. @default true */
  bias: flag(true),
  /**
   * Initializer of W: [ky, kx, C / groups, O] on images, [k, C / groups, O] on sequences. Its fans count all places of
   * the window. @default 'glorot-uniform', as in Keras
   */
  init: initializer('glorot-uniform'),
  /** Initializer of b [O]. @default 'zeros' */
  biasInit: initializer('zeros'),
};

export const conv2dOptions = defineOptions('conv2d', table);
export const conv1dOptions = defineOptions('conv1d', table);

/** Options of a convolution. */
export interface ConvOptions extends OptionsOf<typeof table>, Named {}

/**
 * y = x * W + b on images [H, W, C]: a cross-correlation, as everywhere in the field. An axis of n inputs has ⌊(n + 2 ·
 * padding - dilation · (kernel - 1) - 1) / stride⌋ + 1 outputs, as in PyTorch.
 */
export const conv2d = (options: ConvOptions, context: LayerContext): Layer =>
  convolution('conv2d', conv2dOptions.read(options), context);

/** y = x * W + b on sequences [T, C]; otherwise as conv2d. */
export const conv1d = (options: ConvOptions, context: LayerContext): Layer =>
  convolution('conv1d', conv1dOptions.read(options), context);

function convolution(
  kind: 'conv1d' | 'conv2d',
  { out: O, kernel, stride, padding, dilation, groups, bias, init, biasInit }: ReturnType<typeof conv2dOptions.read>,
  { input, customParts }: LayerContext,
): Layer {
  const axes = axesOf(kind, input, kind === 'conv2d' ? [2] : [1]);
  const C = input[axes];
  if (C % groups !== 0 || O % groups !== 0) {
    const problem = `has ${groups}, expected a divisor of the ${C} channels of the input and of out, ${O}`;
    throw new OptionError(kind, 'groups', problem);
  }
  const windowAxes = Array.from({ length: axes }, (_, a) => {
    const along = (name: string, value: number | readonly number[]) => alongAxis(kind, name, value, a, axes);
    const window = {
      kernel: along('kernel', kernel),
      stride: along('stride', stride),
      dilation: along('dilation', dilation),
    };
    const span = window.dilation * (window.kernel - 1) + 1;
    if (padding === 'same' && window.stride > 1) {
      const problem = `has 'same' with a stride of ${window.stride}, expected a number, or stride 1`;
      throw new OptionError(kind, 'padding', problem);
    }
    // An odd number of zeros has one more to the right and below.
    const before = padding === 'same' ? Math.floor((span - 1) / 2) : along('padding', padding);
    const totalPadding = padding === 'same' ? span - 1 : 2 * before;
    return windowsAlong(kind, 'kernel', input, a, { ...window, before, padding: totalPadding });
  });
  const [height, width] = axes === 2 ? windowAxes : [ONE_POSITION, ...windowAxes];
  const size = windowAxes.map((axis) => axis.kernel);
  const shape = [...size, C / groups, O];
  const windowSize = height.kernel * width.kernel;
  const geometry: ConvolutionGeometry = { height, width, C, O, groups };
  const fans = [(windowSize * C) / groups, windowSize * O] as const;
  const W = initializedTensor('W', shape, init, fans, customParts, O);
  const b = initializedTensor('b', [O], biasInit, fans, customParts);
  return {
    label: `${kind}(${C}->${O}, ${size.join('x')})`,
    in: [input],
    out: [...windowAxes.map((axis) => axis.outputs), O],
    elementwise: false,
    reads: { x: true, y: false },
    tensors: bias ? [W, b] : [W],
    products: [[fans[0], O, geometry]],
    // Without a bias: zeros in its place, and its unused gradient.
    createMemory: (_rows, allocate) => ({ arrays: bias ? [] : [allocate(O), allocate(O)] }),
    forward(y, [x], [W, b], B, { emit }, { arrays: [zeros] }) {
      if (!bias) emit(ops.fill, zeros, 0, O);
      emit(ops.convForward, y, x, W, bias ? b : zeros, B, geometry);
    },
    backward([dx], dy, [x], _y, [W], gradients, B, { emit, accumulate }, { arrays: [, unused] }) {
      if (gradients !== null) {
        const [dW, db = unused] = gradients;
        emit(ops.convBackwardWeights, dW, db, x, dy, B, accumulate, geometry);
      }
      if (dx !== null) emit(ops.convBackwardInput, dx, dy, W, B, geometry);
    },
  };
}
