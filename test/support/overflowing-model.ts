import type { ModelContents } from '@gradloom/runtime';

/**
 * A model with outputs (1e308 a - 1e308 b, b) for a row (a, b), with two classes named left and right: they overflow if
 * a or b is 2 or more, to Infinity if both are, where a fused sum stays.
 */
export const overflowingModel = {
  spec: { input: 2, layers: [{ kind: 'dense', out: 2 }] },
  parameters: Float64Array.of(1e308, 0, -1e308, 1, 0, 0),
  loss: 'softmax-cross-entropy',
  metadata: { labels: ['left', 'right'] },
} satisfies ModelContents;

/** Rows for this model: one answers left, one right; the first output of the others is Infinity or -Infinity. */
export const overflowingRows = [
  [0.01, 0],
  [0, 0.5],
  [9, 9],
  [9, 0],
  [0, 9],
];
