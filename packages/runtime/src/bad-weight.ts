import { type Network, show, viewOf } from '@gradloom/core';
import { firstNotFinite } from './finite.ts';

/** 'W of dense(2->3) at layer 0 has Infinity' of the first weight that is not finite. */
export function badWeight(
  { places }: Network,
  theta: Float64Array, // [P]
): string | undefined {
  for (const { layer, path, tensors } of places) {
    for (const { name, offset, length } of tensors) {
      const at = firstNotFinite(viewOf(theta, offset, length), length);
      if (at !== undefined) return `${name} of ${layer.label} at layer ${path} has ${show(theta[offset + at])}`;
    }
  }
  return undefined;
}
