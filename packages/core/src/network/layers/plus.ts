import { ops } from '../../program/ops/index.ts';
import { type Shape, sizeOf } from '../shape.ts';
import type { Layer } from './layer.ts';

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
