import { createLoss, type LossSpec } from '@gradloom/core';

/** The loss of one row, and its gradient with respect to the outputs. */
export function lossOfRow(
  spec: LossSpec,
  y: readonly number[],
  t: readonly number[],
): { loss: number; gradient: number[] } {
  const lossSum = new Float64Array(1);
  const dy = new Float64Array(y.length);
  createLoss(spec).evaluate(lossSum, dy, Float64Array.from(y), Float64Array.from(t), 1, 1, y.length);
  return { loss: lossSum[0], gradient: [...dy] };
}
