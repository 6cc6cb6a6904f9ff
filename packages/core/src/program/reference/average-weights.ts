import { type Elements, typeOf } from '../../math/element-type.ts';
import { mathOf } from '../../math/real-math.ts';

/**
 * average = (1 - s) · average + s · theta, with the smoothing factor s, which is rounded first. Overwrites `average`.
 */
export function averageWeights(
  average: Elements, // [n] in and out
  theta: Elements, // [n]
  n: number,
  smoothing: Float64Array, // [1]
): void {
  const { round, flush } = mathOf(typeOf(average));
  const s = round(smoothing[0]);
  const rest = round(1 - s);
  for (let i = 0; i < n; i++) average[i] = flush(round(round(rest * average[i]) + round(s * theta[i])));
}
