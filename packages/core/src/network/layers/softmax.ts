import { defineOptions, type Named, type OptionsOf } from '../../checks/options/index.ts';
import type { Elements } from '../../math/element-type.ts';
import type { Emit, Op } from '../../program/op.ts';
import { ops } from '../../program/ops/index.ts';
import { sizeOf } from '../shape.ts';
import { alongAxis, axisOf, axisOption } from './axes.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

const table = {
  /** The axis, counted from 0 or from the end: -1 is the last. @default -1 */
  axis: axisOption(-1),
};

export const softmaxOptions = defineOptions('softmax', table);
export const logSoftmaxOptions = defineOptions('log-softmax', table);

/** Options of softmax and log-softmax. */
export interface SoftmaxOptions extends OptionsOf<typeof table>, Named {}

/**
 * y = e / Σ e along an axis, with e = exp(x - m) and the largest number m. A network whose loss is softmax
 * cross-entropy ends without it, since that loss takes logits.
 */
export const softmax = (options: SoftmaxOptions, context: LayerContext): Layer =>
  alongRows('softmax', softmaxOptions.read(options).axis, context, ops.softmaxForward, ops.softmaxBackward);

/** y = (x - m) - log Σ exp(x - m) along an axis, with the largest number m: the logarithm of softmax. */
export const logSoftmax = (options: SoftmaxOptions, context: LayerContext): Layer =>
  alongRows(
    'log-softmax',
    logSoftmaxOptions.read(options).axis,
    context,
    ops.logSoftmaxForward,
    ops.logSoftmaxBackward,
  );

function alongRows(
  kind: string,
  chosenAxis: number,
  { input }: LayerContext,
  forward: Op<[y: Elements, x: Elements, B: number, n: number]>,
  backward: Op<[dx: Elements, dy: Elements, y: Elements, B: number, n: number]>,
): Layer {
  const axis = axisOf(kind, chosenAxis, input);
  const { outer, n, inner } = alongAxis(input, axis);
  const isLast = inner === 1;
  const size = sizeOf(input);
  /** Emits the forward pass of `count` times the numbers before the axis. */
  function emitForward(y: Elements, x: Elements, count: number, emit: Emit, arrays: readonly Elements[]): void {
    if (isLast) {
      emit(forward, y, x, count, n);
      return;
    }
    const [rows, results] = arrays;
    emit(ops.transpose, rows, x, n, inner, count);
    emit(forward, results, rows, count * inner, n);
    emit(ops.transpose, y, results, inner, n, count);
  }
  return {
    label: `${kind}(${input.join('x')})`,
    in: [input],
    out: input,
    elementwise: false,
    reads: { x: false, y: true },
    tensors: [],
    ...(!isLast && {
      createMemory: (rows, allocate, { allocateForBackward = allocate }) => ({
        // Arrays whose rows lie along the axis: x and y, or dy and y, and dx.
        arrays: [allocate(rows * size), allocate(rows * size), allocateForBackward(rows * size)],
      }),
    }),
    forward(y, [x], _parameters, B, { emit }, { arrays }) {
      emitForward(y, x, B * outer, emit, arrays);
    },
    ...(axis > 0 && {
      forwardNext(y, [x], _parameters, { emit, n: positions }, { arrays }) {
        emitForward(y, x, (positions * outer) / input[0], emit, arrays);
      },
    }),
    backward([dx], dy, _xs, y, _parameters, _gradients, B, { emit }, { arrays }) {
      if (dx === null) return;
      const count = B * outer;
      if (isLast) {
        emit(backward, dx, dy, y, count, n);
        return;
      }
      const [dRows, results, slopes] = arrays;
      emit(ops.transpose, dRows, dy, n, inner, count);
      emit(ops.transpose, results, y, n, inner, count);
      emit(backward, slopes, dRows, results, count * inner, n);
      emit(ops.transpose, dx, slopes, inner, n, count);
    },
  };
}
