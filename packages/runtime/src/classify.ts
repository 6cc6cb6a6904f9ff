import type { Loss } from '@gradloom/core';

/** The class that each row speaks for: the highest output, or, of one output, whether it lies above the threshold. */
export function classify(
  y: Float64Array, // [N, O]
  O: number,
  loss: Loss | null,
): number[] {
  const threshold = loss?.threshold ?? 0.5;
  return Array.from({ length: y.length / O }, (_, n) => {
    if (O === 1) return y[n] > threshold ? 1 : 0;
    let best = 0;
    for (let o = 1; o < O; o++) if (y[n * O + o] > y[n * O + best]) best = o;
    return best;
  });
}
