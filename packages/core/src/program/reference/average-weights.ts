import type { Elements } from '../../element-type.ts';
import { flush } from '../../math/flush.ts';

/** average = (1 - s) · average + s · theta, for the share s. Overwrites `average`. */
export function averageWeights(
  average: Elements, // [n] in and out
  theta: Elements, // [n]
  n: number,
  share: Float64Array, // [1]
): void {
  const s = share[0];
  for (let i = 0; i < n; i++) average[i] = flush((1 - s) * average[i] + s * theta[i]);
}
