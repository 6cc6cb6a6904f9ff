import type { Tensor } from '@gradloom/core';
import type { TensorLayout } from '../../packages/core/src/training/pieces.ts';

/** A parameter vector of consecutive tensors of these shapes. */
export function tensorsOf(...shapes: readonly (readonly number[])[]): TensorLayout {
  const tensors: Tensor[] = [];
  let offset = 0;
  for (const [k, shape] of shapes.entries()) {
    const length = shape.reduce((product, extent) => product * extent, 1);
    tensors.push({
      layer: k,
      name: shape.length > 1 ? 'W' : 'b',
      shape,
      offset,
      length,
      isTrained: true,
      isFrozen: false,
      gradientOffset: offset,
    });
    offset += length;
  }
  return { tensors, parameterCount: offset, gradientRanges: [{ offset: 0, length: offset, shift: 0 }], ties: [] };
}
