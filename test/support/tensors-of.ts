import type { Network, Tensor } from '@gradloom/core';

/** A parameter vector of consecutive tensors of these shapes. */
export function tensorsOf(...shapes: readonly (readonly number[])[]): Pick<Network, 'tensors' | 'parameterCount'> {
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
    });
    offset += length;
  }
  return { tensors, parameterCount: offset };
}
