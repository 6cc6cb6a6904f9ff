import type { Network } from '@gradloom/core';
import { viewOf } from '@gradloom/core/internal';

/** Most tensors that are named: a diverging network usually diverges in one. */
const NAMED = 3;

/** 'W of dense(2->3) at layer 0 -1.50e+160, …': of the tensors with the largest weights, the largest of each. */
export function largestWeights(
  { places }: Network,
  theta: Float64Array, // [P]
): string {
  const largest = places.flatMap(({ layer, path, tensors }) =>
    tensors.map(({ name, offset, length }) => ({
      name: `${name} of ${layer.label} at layer ${path}`,
      value: viewOf(theta, offset, length).reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0),
    })),
  );
  largest.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  return largest
    .slice(0, NAMED)
    .map(({ name, value }) => `${name} ${value.toPrecision(3)}`)
    .join(', ');
}
