import type { Loss } from '../model/losses/index.ts';
import { createDecision } from '../train/metrics/index.ts';

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
