import { OptionError } from '../../checks/option-error.ts';
import { defineOptions, type Named } from '../../checks/options/index.ts';
import { ops } from '../../program/ops/index.ts';
import { type Shape, shapeText, sizeOf } from '../shape.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

export const plusOptions = defineOptions('plus', {});

/** Options of a sum: none but a name. */
export interface PlusOptions extends Named {}

/** y = a + b of two values of one shape: `of: ['a', 'b']`. The gradient by each of them is dy. */
export function plus(options: PlusOptions, { inputs }: LayerContext): Layer {
  plusOptions.read(options);
  const [a, b = a] = inputs;
  if (String(a) !== String(b)) {
    throw new OptionError('plus', 'of', `has values of ${shapeText(a)} and ${shapeText(b)}, expected one shape`);
  }
  return { ...sumOf(a), label: `plus(${shapeText(a)})` };
}

/** The layer y = a + b of two values of a shape. */
export function sumOf(shape: Shape): Omit<Layer, 'label'> {
  const size = sizeOf(shape);
  return {
    in: [shape, shape],
    out: shape,
    elementwise: true,
    passesGradient: true,
    reads: { x: false, y: false },
    tensors: [],
    forward(y, [a, b], _parameters, B, { emit }) {
      emit(ops.plus, y, a, b, B * size);
    },
    // What can go on position by position keeps the positions of its inputs.
    forwardNext(y, [a, b], _parameters, { emit, n }) {
      emit(ops.plus, y, a, b, (n * size) / shape[0]);
    },
    backward() {
      throw new Error('plus: backward is called, expected its dy to be the gradient by each input');
    },
  };
}
