import { expect, test } from 'vitest';
import { verdictOf } from '../../../../../../packages/cli/src/lab/experiments/finding.ts';

test.each([
  [[1, 0.999], 0.995, 'crawls'],
  [[1, 0.9], 0.5, 'slow'],
  [[1, 0.5], 0.05, 'learns'],
  [[1, 1.5, 0.3], 0.05, 'overshoots'],
  [[1, 1.5], 1.1, 'diverges'],
  [[1, 5, 1e300], Number.POSITIVE_INFINITY, 'diverges'],
  [[1], Number.NaN, 'diverges'],
  [[], Number.POSITIVE_INFINITY, 'diverges'],
])('losses %j that end at %d: %s', (losses, finalLoss, verdict) => {
  expect(verdictOf(losses, finalLoss)).toBe(verdict);
});
