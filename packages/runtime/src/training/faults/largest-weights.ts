import type { Elements, Network } from '@gradloom/core';
import { viewOf } from '@gradloom/core/internal';

/** Most tensors that are named: a diverging network usually diverges in one. */
const NAMED = 3;

/** 'W of dense(2->3) at layer 0 -1.50e+160, …': of the tensors with the largest weights, the largest of each. */
export function largestWeights(
  { places }: Network,
  theta: Elements, // [P]
): string {
  const found = places.flatMap(({ layer, path, tensors }) =>
    tensors.map(({ name, offset, length }) => ({
      name: `${name} of ${layer.label} at layer ${path}`,
      value: largest(viewOf(theta, offset, length)),
    })),
  );
  found.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  return found
    .slice(0, NAMED)
    .map(({ name, value }) => `${name} ${value.toPrecision(3)}`)
    .join(', ');
}

/** That of the largest size. */
function largest(weights: Elements): number {
  let most = 0;
  for (let i = 0; i < weights.length; i++) if (Math.abs(weights[i]) > Math.abs(most)) most = weights[i];
  return most;
}
