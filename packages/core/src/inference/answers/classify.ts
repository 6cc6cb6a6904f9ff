import type { Loss } from '../../families/losses/index.ts';
import { mse } from '../../families/losses/mse.ts';
import { createDecision, NO_ANSWER } from '../../families/metrics/index.ts';
import { createScoring } from './scoring.ts';

/**
 * The predicted class of each row, by the rule of all metrics; NO_ANSWER if it has none. With a threshold, a row of two
 * classes is of class 1 if its score, a probability where the loss has one, is above it.
 */
export function classify(
  y: Float64Array, // [N, O]
  O: number,
  trainedOn: Loss | null, // outputs are values where it is null
  threshold?: number,
): number[] {
  const N = y.length / O;
  const loss = trainedOn ?? mse();
  const { targets, threshold: standard } = loss;
  if (threshold !== undefined && O === (targets === 'classes' ? 2 : 1)) {
    const scoring = createScoring({ loss, outputs: O, classes: 2, areBits: false });
    const scores = new Float64Array(N);
    scoring.read(scores, new Float64Array(N), y, new Float64Array(N * O), N);
    return Array.from(scores, (score) => (Number.isNaN(score) ? NO_ANSWER : score > threshold ? 1 : 0));
  }
  const { answer } = createDecision('classify', {
    targets,
    ...(standard === undefined ? {} : { threshold: standard }),
  });
  return Array.from({ length: N }, (_, n) => answer(y, n, O));
}
