import type { ModelContents } from '@gradloom/runtime';

/**
 * Outputs (1e308 a - 1e308 b, b) of a row (a, b) in two classes named left and right: they overflow where a or b is 2
 * or more, to NaN where both are.
 */
export const overflowingModel = {
  spec: { input: 2, layers: [{ kind: 'dense', out: 2 }] },
  parameters: Float64Array.of(1e308, 0, -1e308, 1, 0, 0),
  loss: 'softmax-cross-entropy',
  metadata: { labels: ['left', 'right'] },
} satisfies ModelContents;

/** Rows of it: one that answers left, one right, one whose first output is NaN, one Infinity and one -Infinity. */
export const overflowingRows = [
  [0.01, 0],
  [0, 0.5],
  [9, 9],
  [9, 0],
  [0, 9],
];
