import { OptionError } from '../../checks/option-error.ts';
import {
  defineOptions,
  flag,
  type Named,
  type OptionsOf,
  positiveInteger,
  required,
} from '../../checks/options/index.ts';
import { show } from '../../checks/show.ts';
import { initializer } from '../../families/initializers/index.ts';
import type { ConvolutionGeometry, WindowAxis } from '../../math/windows.ts';
import { ops } from '../../program/ops/index.ts';
import { sumLevels } from '../../program/reference/sum-rows.ts';
import { initializedTensor } from './initialized-tensor.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';
import { alongAxis, axesOf, perAxis } from './windows.ts';

export const conv2dTransposeOptions = defineOptions('conv2d-transpose', {
  /** O: channels of the output. */
  out: required(positiveInteger),
  /** Size of the window: 3, or [3, 5] for height and width. */
  kernel: required(perAxis(1)),
  /** Distance of the windows of neighbouring inputs. @default 1 */
  stride: perAxis(1)(1),
  /** Rows and columns that are cut off on each side of the output. @default 0 */
  padding: perAxis(0)(0),
  /** Rows and columns that the output has below and on the right in addition; below the stride. @default 0 */
  outputPadding: perAxis(0)(0),
  /** Whether to add b [O]. @default true */
  bias: flag(true),
  /** Initializer of W [ky, kx, O, C]. @default 'glorot-uniform', as in Keras */
  init: initializer('glorot-uniform'),
  /** Initializer of b [O]. @default 'zeros' */
  biasInit: initializer('zeros'),
});

/** Options of a transposed convolution. */
export interface Conv2dTransposeOptions extends OptionsOf<typeof conv2dTransposeOptions.table>, Named {}

/**
 * y = the gradient by the input of a convolution with weights W [ky, kx, O, C] that goes from the output to the input,
 * plus b. An axis of n inputs has (n - 1) · stride - 2 · padding + kernel + outputPadding outputs, as in PyTorch.
 * [Dumoulin & Visin 2016, §4](https://arxiv.org/abs/1603.07285)
 */
export function conv2dTranspose(options: Conv2dTransposeOptions, { input, customParts }: LayerContext): Layer {
  const kind = 'conv2d-transpose';
  const read = conv2dTransposeOptions.read(options);
  const { out: O, bias } = read;
  const axes = axesOf(kind, input, [2]);
  const C = input[axes];
  const [height, width] = [0, 1].map((a): WindowAxis => {
    const optionAlong = (name: 'kernel' | 'stride' | 'padding' | 'outputPadding') =>
      alongAxis(kind, name, read[name], a, axes);
    const [kernel, stride, padding, extra] = [
      optionAlong('kernel'),
      optionAlong('stride'),
      optionAlong('padding'),
      optionAlong('outputPadding'),
    ];
    if (extra >= stride) {
      throw new OptionError(kind, 'outputPadding', `has ${extra}, expected less than the stride, ${stride}`);
    }
    const outputs = (input[a] - 1) * stride - 2 * padding + kernel + extra;
    if (outputs < 1) {
      const problem = `has ${padding}, expected one that leaves an output of ${show(input)} with a kernel of ${kernel}`;
      throw new OptionError(kind, 'padding', problem);
    }
    // The convolution goes from the output to the input.
    return { inputs: outputs, outputs: input[a], kernel, stride, before: padding, dilation: 1 };
  });
  const windowSize = height.kernel * width.kernel;
  const [H, V] = [height.inputs, width.inputs];
  const geometry: ConvolutionGeometry = { height, width, C: O, O: C, groups: 1 };
  const fans = [windowSize * C, windowSize * O] as const;
  const W = initializedTensor('W', [height.kernel, width.kernel, O, C], read.init, fans, customParts, C);
  const b = initializedTensor('b', [O], read.biasInit, fans, customParts);
  return {
    label: `${kind}(${C}->${O}, ${height.kernel}x${width.kernel})`,
    in: [input],
    out: [H, V, O],
    elementwise: false,
    reads: { x: true, y: false },
    tensors: bias ? [W, b] : [W],
    products: [[fans[1], C, geometry]],
    // Zeros in place of a bias of the convolution, or its unused gradient; partial sums of db.
    createMemory: (rows, allocate) => ({ arrays: [allocate(C), allocate(bias ? sumLevels(rows, H * V) * O : 0)] }),
    forward(y, [x], [W, b], B, { emit }) {
      emit(ops.convBackwardInput, y, x, W, B, geometry);
      if (bias) emit(ops.addRow, y, b, B * H * V, O);
    },
    backward([dx], dy, [x], _y, [W], gradients, B, { emit, leafRows, accumulate }, { arrays: [spare, sums] }) {
      if (gradients !== null) {
        const [dW, db] = gradients;
        emit(ops.convBackwardWeights, dW, spare, dy, x, B, accumulate, geometry);
        if (bias) emit(ops.positionSums, db, sums, dy, B, leafRows, accumulate, H * V, O);
      }
      if (dx === null) return;
      emit(ops.fill, spare, 0, C);
      emit(ops.convForward, dx, dy, W, spare, B, geometry);
    },
  };
}
