import type { Loss } from '../model/losses/index.ts';
import { createDecision, NO_ANSWER } from '../train/metrics/index.ts';
import { createScoring } from './scoring.ts';

/**
 * The predicted class of each row, by the rule of all metrics; NO_ANSWER if it has none. With a threshold, a row of two
 * classes is of class 1 if its score, a probability where the loss has one, is above it.
 */
export function classify(
  y: Float64Array, // [N, O]
  O: number,
  loss: Loss | null,
  threshold?: number,
): number[] {
  const N = y.length / O;
  if (threshold !== undefined && loss !== null && O === (loss.targets === 'classes' ? 2 : 1)) {
    const scoring = createScoring({ loss, outputs: O, classes: 2, areBits: false });
    const scores = new Float64Array(N);
    scoring.read(scores, new Float64Array(N), y, new Float64Array(N * O), N);
    return Array.from(scores, (score) => (Number.isNaN(score) ? NO_ANSWER : score > threshold ? 1 : 0));
  }
  const { targets, threshold: standard } = loss ?? { targets: 'values' };
  const { answer } = createDecision('classify', {
    targets,
    ...(standard === undefined ? {} : { threshold: standard }),
  });
  return Array.from({ length: N }, (_, n) => answer(y, n, O));
}
