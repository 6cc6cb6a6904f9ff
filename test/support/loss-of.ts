import type { Elements, Loss } from '@gradloom/core';

/** The summed loss that `evaluate` computes; overwrites `dy`. */
export function lossOf(loss: Loss, dy: Elements, y: Elements, t: Elements, B: number, O: number): number {
  const lossSum = new Float64Array(1);
  loss.evaluate(lossSum, dy, y, t, B, Math.max(B, 1), O);
  return lossSum[0];
}
