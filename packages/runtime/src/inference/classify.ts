import type { Loss } from '@gradloom/core';
import { createDecision } from '@gradloom/core/internal';

/** The predicted class of each row, by the rule of all metrics; NO_ANSWER if it has none. */
export function classify(
  y: Float64Array, // [N, O]
  O: number,
  loss: Loss | null,
): number[] {
  const { targets, threshold } = loss ?? { targets: 'values' };
  const { answer } = createDecision('classify', { targets, ...(threshold === undefined ? {} : { threshold }) });
  return Array.from({ length: y.length / O }, (_, n) => answer(y, n, O));
}
