import { OptionError } from '../../checks/option-error.ts';
import { defineOptions, type Named, type OptionsOf } from '../../checks/options/index.ts';
import { has } from '../../checks/show.ts';
import type { Elements } from '../../math/element-type.ts';
import type { Emit } from '../../program/op.ts';
import { ops } from '../../program/ops/index.ts';
import { type Shape, shapeText, sizeOf } from '../shape.ts';
import { axisOf, type SpecOrRead, wholeList } from './axes.ts';
import { stepsOf } from './axis-moves.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

export const transposeOptions = defineOptions('transpose', {
  /** Axis of the inputs that each axis of the outputs is, such as [1, 0, 2]. @default the axes in reverse order */
  axes: wholeList(undefined, undefined, 'reversed'),
});

/** Options of a transposition. */
export interface TransposeOptions extends OptionsOf<typeof transposeOptions.table>, Named {}

/** y: x with its axes in another order, as NumPy transposes: axis k of y is axis `axes[k]` of x. */
export function transpose(options: TransposeOptions, { input }: LayerContext): Layer {
  const order = transposeOrder(transposeOptions.read(options), input);
  const out = order.map((axis) => input[axis]);
  const inverse = input.map((_, axis) => order.indexOf(axis));
  return {
    label: `transpose(${input.join('x')}->${out.join('x')})`,
    in: [input],
    out,
    elementwise: false,
    reads: { x: false, y: false },
    tensors: [],
    keepsPositions: [order[0] === 0],
    forward(y, [x], _parameters, B, { emit }) {
      emitTranspose(emit, y, x, B, input, order);
    },
    ...(order[0] === 0 && order.length > 1
      ? {
          forwardNext(y, [x], _parameters, { emit, n }) {
            const positionOrder = order.slice(1).map((axis) => axis - 1);
            emitTranspose(emit, y, x, n, input.slice(1), positionOrder);
          },
        }
      : {}),
    backward([dx], dy, _xs, _y, _parameters, _gradients, B, { emit }) {
      if (dx !== null) emitTranspose(emit, dx, dy, B, out, inverse);
    },
  };
}

/** The axis of the inputs that each axis of the outputs is. @throws OptionError unless each is there once */
export function transposeOrder({ axes }: SpecOrRead<TransposeOptions>, input: Shape): readonly number[] {
  const order =
    axes?.map((axis) => axisOf('transpose', axis, input, 'axes')) ?? input.map((_, k) => input.length - 1 - k);
  if (order.length !== input.length || new Set(order).size !== order.length) {
    const problem = `${has(axes)}, expected each of the ${input.length} axes once (rows have shape ${shapeText(input)})`;
    throw new OptionError('transpose', 'axes', problem);
  }
  return order;
}

/** Emits y = x for B rows of a shape, whose axes y has in `order`. */
function emitTranspose(emit: Emit, y: Elements, x: Elements, B: number, shape: Shape, order: readonly number[]): void {
  const size = sizeOf(shape);
  const xSteps = stepsOf(shape);
  const out = order.map((axis) => shape[axis]);
  const steps = stepsOf(out).map((to, k) => ({ count: out[k], to, from: xSteps[order[k]] }));
  emit(ops.stridedCopy, y, x, { to: 0, from: 0, axes: [{ count: B, to: size, from: size }, ...steps] });
}
